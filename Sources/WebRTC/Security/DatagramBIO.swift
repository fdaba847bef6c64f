import COpenSSL

/// The end of an OpenSSL connection that faces the network: one datagram per read, one per write.
///
/// OpenSSL's memory BIO joins what is written to it, and has no borders of datagrams.
final class DatagramBIO {
    /// The datagram that OpenSSL reads next; it reads one whole.
    var incoming: [UInt8]?
    /// What OpenSSL wrote since ``takeDatagrams()`` was last called, one element per write.
    private var written: [[UInt8]] = []
    /// How often the flight under way has been sent again.
    var retransmissions = 0
    let mtu: Int

    /// A step of a handshake writes a flight: 64 records are ten times what one has.
    private static let maximumWrites = 64

    init(mtu: Int) {
        self.mtu = mtu
    }

    /// A BIO over this object, which must outlive it.
    func makeBIO() -> OpaquePointer? {
        guard let method = Self.method, let bio = BIO_new(method) else { return nil }
        BIO_set_data(bio, Unmanaged.passUnretained(self).toOpaque())
        BIO_set_init(bio, 1)
        return bio
    }

    /// The object under a BIO of ``makeBIO()``.
    static func of(_ bio: OpaquePointer?) -> DatagramBIO? {
        guard let bio, let data = BIO_get_data(bio) else { return nil }
        return Unmanaged<DatagramBIO>.fromOpaque(data).takeUnretainedValue()
    }

    /// What was written, records joined to datagrams of at most the MTU. OpenSSL itself joins a flight when it first sends it, not again.
    func takeDatagrams() -> [[UInt8]] {
        defer { written.removeAll() }
        var datagrams: [[UInt8]] = []
        for record in written {
            if let last = datagrams.last, last.count + record.count <= mtu {
                datagrams[datagrams.count - 1] += record
            } else {
                datagrams.append(record)
            }
        }
        return datagrams
    }

    private func read(into buffer: UnsafeMutableRawBufferPointer) -> Int32? {
        guard let datagram = incoming else { return nil }
        incoming = nil
        let count = min(datagram.count, buffer.count)
        buffer.copyBytes(from: datagram.prefix(count))
        return Int32(count)
    }

    private func write(_ bytes: UnsafeRawBufferPointer) {
        if written.count < Self.maximumWrites { written.append(Array(bytes)) }
    }

    private func control(_ command: Int32) -> Int {
        switch command {
        case BIO_CTRL_FLUSH, BIO_CTRL_DUP: 1
        case BIO_CTRL_DGRAM_QUERY_MTU, BIO_CTRL_DGRAM_GET_MTU, BIO_CTRL_DGRAM_GET_FALLBACK_MTU: mtu
        // Nothing waits in here (PENDING, WPENDING), the MTU counts no headers of IP and UDP, and no other command means anything.
        default: 0
        }
    }

    // Made once, then only read.
    nonisolated(unsafe) private static let method: OpaquePointer? = {
        guard let method = BIO_meth_new(COpenSSL_BIO_TYPE_DGRAM, "datagrams") else { return nil }
        BIO_meth_set_read(method) { bio, buffer, count in
            BIO_clear_flags(bio, COpenSSL_BIO_RETRY_FLAGS)
            guard let buffer, count > 0, let end = DatagramBIO.of(bio) else { return -1 }
            if let read = end.read(into: UnsafeMutableRawBufferPointer(start: buffer, count: Int(count))) { return read }
            BIO_set_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
            return -1
        }
        BIO_meth_set_write(method) { bio, buffer, count in
            BIO_clear_flags(bio, COpenSSL_BIO_RETRY_FLAGS)
            guard let buffer, count > 0, let end = DatagramBIO.of(bio) else { return -1 }
            end.write(UnsafeRawBufferPointer(start: buffer, count: Int(count)))
            return count
        }
        BIO_meth_set_ctrl(method) { bio, command, _, _ in
            DatagramBIO.of(bio)?.control(command) ?? 0
        }
        return method
    }()
}
