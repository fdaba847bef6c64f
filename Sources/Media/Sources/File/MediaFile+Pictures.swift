import Codecs

extension MediaFile {
    /// The first pictures of a file, decoded into memory; at most `count`.
    ///
    /// - Throws: a sentence when the file is missing, unreadable, or has no picture.
    package static func pictures(of path: String, count: Int) throws(MediaError) -> [I420Buffer] {
        let file = try MediaFile(path: path, video: true, audio: false)
        var pictures: [I420Buffer] = []
        while pictures.count < count {
            for item in file.next() {
                switch item {
                case .video(let picture, time: _): pictures.append(picture)
                case .audio: break
                case .end: return Array(pictures.prefix(count))
                }
            }
        }
        return Array(pictures.prefix(count))
    }
}
