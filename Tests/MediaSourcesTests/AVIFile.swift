import Codecs

/// Makes the simplest file that holds picture and sound: an AVI of bare I420 pictures and samples.
struct AVIFile {
    var width = 64
    var height = 48
    var framesPerSecond = 25

    /// - Parameters:
    ///   - pictures: of each picture, the luma that fills it.
    ///   - samples: 48 kHz mono, as many as belong to each picture.
    func bytes(pictures: [UInt8], samples: [[Int16]]) -> [UInt8] {
        let pictureBytes = width * height * 3 / 2
        let soundLength = samples.map(\.count).reduce(0, +)
        let header = chunk(
            "avih",
            words(1_000_000 / framesPerSecond, 0, 0, 0x10, pictures.count, 0, 2, pictureBytes, width, height, 0, 0, 0, 0))
        let video =
            chunk(
                "strh",
                Array("vidsI420".utf8) + words(0, 0, 0, 1, framesPerSecond, 0, pictures.count, pictureBytes, 0xFFFF_FFFF, 0)
                    + halves(0, 0, width, height))
            + chunk("strf", words(40, width, height) + halves(1, 12) + Array("I420".utf8) + words(pictureBytes, 0, 0, 0, 0))
        let audio =
            chunk("strh", Array("auds".utf8) + words(1, 0, 0, 0, 1, 48_000, 0, soundLength, 3_840, 0xFFFF_FFFF, 2) + halves(0, 0, 0, 0))
            + chunk("strf", halves(1, 1) + words(48_000, 96_000) + halves(2, 16))
        var movie = Array("movi".utf8)
        for (luma, sound) in zip(pictures, samples) {
            movie += chunk("00db", repeated(luma, width * height) + repeated(128, width * height / 2))
            movie += chunk("01wb", sound.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] })
        }
        let lists = chunk(
            "LIST", Array("hdrl".utf8) + header + chunk("LIST", Array("strl".utf8) + video) + chunk("LIST", Array("strl".utf8) + audio))
        return chunk("RIFF", Array("AVI ".utf8) + lists + chunk("LIST", movie))
    }

    private func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
        Array(name.utf8) + words(content.count) + content + (content.count.isMultiple(of: 2) ? [] : [0])
    }

    private func words(_ values: Int...) -> [UInt8] {
        values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    }

    private func halves(_ values: Int...) -> [UInt8] {
        values.flatMap { value in (0..<2).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    }

    private func repeated(_ value: UInt8, _ count: Int) -> [UInt8] {
        Array(repeating: value, count: count)
    }
}
