import SystemPackage

enum TextFile {
    /// The text of the file at `path`, at most `limit` bytes of it.
    static func read(_ path: String, limit: Int) throws -> String {
        let file = try FileDescriptor.open(FilePath(path), .readOnly)
        return try file.closeAfter {
            var bytes: [UInt8] = []
            while bytes.count < limit {
                let chunk = try [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
                    count = try file.read(into: UnsafeMutableRawBufferPointer(buffer))
                }
                if chunk.isEmpty { break }
                bytes += chunk
            }
            return String(decoding: bytes.prefix(limit), as: UTF8.self)
        }
    }
}
