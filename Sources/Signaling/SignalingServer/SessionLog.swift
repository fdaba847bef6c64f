import Glibc
import SignalingProtocol

/// Sessions in a file: a line of JSON for each change, written anew as a whole when it has grown.
///
/// What is written survives the server's end by any signal; it is not forced to the disk, for a machine that lost its power
/// is not back within the 30 s in which sessions can be resumed. The file holds resume tokens: it is for its owner alone.
public struct SessionLog: SessionStore {
    /// A file that is larger was not written by this.
    private static let sizeLimit = 256 << 20
    /// The file is written anew when changes have made it this large, or four times as large as it needs to be.
    private static let compactionSize = 1 << 20

    private let path: String
    private var file: CInt = -1
    private var pending: [UInt8] = []
    private var size = 0
    private var compactSize = 0

    public init(path: String) {
        self.path = path
    }

    public mutating func load() throws -> StoredState {
        file = try open(path)
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            close()
            throw ServerFailure("The state file \"\(path)\" is used by another server. Give each its own --state.")
        }
        var records = StoredRecords()
        for line in try read().split(separator: UInt8(ascii: "\n")) { records.apply(Array(line)) }
        try compact(records.state)
        return records.state
    }

    public mutating func append(_ change: StoreChange) {
        var writer = JSONWriter()
        change.write(to: &writer)
        pending.append(contentsOf: writer.bytes)
        pending.append(UInt8(ascii: "\n"))
    }

    public mutating func commit(whole: () -> StoredState) throws {
        guard !pending.isEmpty, file >= 0 else { return }
        if size + pending.count > max(Self.compactionSize, compactSize * 4) {
            pending = []
            return try compact(whole())
        }
        try write(pending, to: file)
        size += pending.count
        pending.removeAll(keepingCapacity: true)
    }

    public mutating func close() {
        guard file >= 0 else { return }
        _ = Glibc.close(file)
        file = -1
    }

    /// Writes a new file beside the old one, and puts it into its place.
    private mutating func compact(_ state: StoredState) throws {
        var bytes: [UInt8] = []
        for change in state.sessions.map(StoreChange.session) + state.calls.map(StoreChange.call) {
            var writer = JSONWriter()
            change.write(to: &writer)
            bytes += writer.bytes
            bytes.append(UInt8(ascii: "\n"))
        }
        let newPath = path + ".new"
        let new = try open(newPath)
        // The lock goes over with the name: nobody else gets it in between.
        guard flock(new, LOCK_EX | LOCK_NB) == 0, ftruncate(new, 0) == 0 else {
            let failure = Self.failure("written", newPath)
            _ = Glibc.close(new)
            throw failure
        }
        do {
            try write(bytes, to: new)
            guard rename(newPath, path) == 0 else { throw Self.failure("written", path) }
        } catch {
            _ = Glibc.close(new)
            throw error
        }
        close()
        file = new
        size = bytes.count
        compactSize = bytes.count
    }

    private func open(_ path: String) throws -> CInt {
        let file = Glibc.open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw Self.failure("opened", path) }
        return file
    }

    private func read() throws -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(file, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.failure("read", path) }
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= Self.sizeLimit else {
                throw ServerFailure("The file \"\(path)\" is too large to be a state file. Give another with --state.")
            }
        }
    }

    private func write(_ bytes: [UInt8], to file: CInt) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure("written", path) }
            rest = rest.dropFirst(count)
        }
    }

    private static func failure(_ what: String, _ path: String) -> ServerFailure {
        let reason = String(cString: strerror(errno))
        return ServerFailure("The state file \"\(path)\" cannot be \(what): \(reason). Give another with --state.")
    }
}
