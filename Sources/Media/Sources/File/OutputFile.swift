import Glibc

/// A file being written, closed with this object.
final class OutputFile {
    private let path: String
    private var descriptor: Int32

    /// Makes the file, or empties it.
    init(path: String) throws(MediaError) {
        self.path = path
        guard !path.isEmpty, !path.utf8.contains(0) else { throw MediaError("\(quoted(path)) is no name for a file: choose another") }
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw MediaError("\(quoted(path)) cannot be written (\(Self.reason)): choose another place for it")
        }
    }

    deinit {
        close()
    }

    /// Appends bytes.
    func write(_ bytes: [UInt8]) throws(MediaError) {
        let isWritten = bytes.withUnsafeBytes { bytes in
            var rest = bytes
            while let base = rest.baseAddress, !rest.isEmpty {
                let written = Glibc.write(descriptor, base, rest.count)
                if written < 0, errno == EINTR { continue }
                guard written > 0 else { return false }
                rest = UnsafeRawBufferPointer(rebasing: rest[written...])
            }
            return true
        }
        guard isWritten else { throw failure }
    }

    /// Replaces the bytes at the file's beginning.
    func overwriteStart(_ bytes: [UInt8]) throws(MediaError) {
        guard pwrite(descriptor, bytes, bytes.count, 0) == bytes.count else { throw failure }
    }

    func close() {
        guard descriptor >= 0 else { return }
        Glibc.close(descriptor)
        descriptor = -1
    }

    private var failure: MediaError {
        MediaError("writing \(quoted(path)) failed (\(Self.reason)): what is in it so far is kept; free some space and record again")
    }

    private static var reason: String {
        String(cString: strerror(errno))
    }
}
