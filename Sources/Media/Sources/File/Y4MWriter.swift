public import Codecs
import Synchronization

/// Writes pictures to a YUV4MPEG2 file, one after the other.
///
/// The format has no sizes to put right at the end, and each picture is written at once: a recording that was killed can
/// be played up to its last whole picture.
public final class Y4MWriter: Sendable {
    private struct State {
        var file: OutputFile?
        var size: (width: Int, height: Int)?
        var scaler: PictureScaler?
        var bytes: [UInt8] = []
    }

    private let framesPerSecond: Int
    private let state: Mutex<State>

    /// Makes the file, or empties it.
    ///
    /// - Parameter framesPerSecond: what the header says; the pictures' own times are not kept.
    /// - Throws: a sentence if that is not possible.
    public init(path: String, framesPerSecond: Int = 30) throws(MediaError) {
        self.framesPerSecond = max(1, framesPerSecond)
        state = Mutex(State(file: try OutputFile(path: path)))
    }

    deinit {
        close()
    }

    /// Appends a picture. The first one's size is the file's, to which later ones of another size are scaled. After a failure,
    /// which is thrown once, and after ``close()`` nothing is written any more.
    public func append(_ picture: I420Buffer) throws(MediaError) {
        try state.withLock { state throws(MediaError) in
            guard let file = state.file else { return }
            state.bytes.removeAll(keepingCapacity: true)
            if state.size == nil {
                state.size = (picture.width, picture.height)
                let header = "YUV4MPEG2 W\(picture.width) H\(picture.height) F\(framesPerSecond):1 Ip A1:1 C420jpeg\n"
                state.bytes.append(contentsOf: header.utf8)
            }
            guard let size = state.size, let fitted = Self.fit(picture, to: size, &state.scaler) else { return }
            state.bytes.append(contentsOf: "FRAME\n".utf8)
            fitted.withPlanes { y, u, v in
                for plane in [y, u, v] {
                    for row in 0..<plane.height { state.bytes.append(contentsOf: plane.row(row)) }
                }
            }
            do throws(MediaError) {
                try file.write(state.bytes)
            } catch {
                file.close()
                state.file = nil
                throw error
            }
        }
    }

    /// Completes the file. May be called again.
    public func close() {
        state.withLock { state in
            state.file?.close()
            state.file = nil
        }
    }

    private static func fit(_ picture: I420Buffer, to size: (width: Int, height: Int), _ scaler: inout PictureScaler?) -> I420Buffer? {
        if picture.width == size.width, picture.height == size.height { return picture }
        let usable = scaler ?? PictureScaler()
        scaler = usable
        guard let target = try? I420Buffer(width: size.width, height: size.height), usable.scale(picture, to: target) else { return nil }
        return target
    }
}
