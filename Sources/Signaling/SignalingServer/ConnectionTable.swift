/// What belongs to each open connection, found without hashing: a connection's number names its place in the table.
///
/// Each message looks up its sender and its receiver, whose entries are rarely in the processor's cache; here each is one line of it.
package struct ConnectionTable<Value> {
    private var entries: [(id: ConnectionID, value: Value)?] = []
    package private(set) var count = 0

    package init() {}

    /// In no order.
    package var values: some Sequence<Value> {
        entries.lazy.compactMap { $0?.value }
    }

    package subscript(id: ConnectionID) -> Value? {
        get {
            guard id.place < entries.count, let entry = entries[id.place], entry.id == id else { return nil }
            return entry.value
        }
        set {
            guard let newValue else {
                removeValue(for: id)
                return
            }
            while entries.count <= id.place { entries.append(nil) }
            if entries[id.place] == nil { count += 1 }
            entries[id.place] = (id, newValue)
        }
    }

    @discardableResult
    package mutating func removeValue(for id: ConnectionID) -> Value? {
        guard let value = self[id] else { return nil }
        entries[id.place] = nil
        count -= 1
        return value
    }
}

/// Numbers connections: places are used again, numbers are not.
package struct ConnectionNumbers {
    private var free: [ConnectionID] = []
    private var placeCount: UInt32 = 0

    package init() {}

    package mutating func take() -> ConnectionID {
        if let id = free.popLast() { return id }
        defer { placeCount += 1 }
        return ConnectionID(place: placeCount, use: 0)
    }

    /// The connection is closed; nobody looks for it any more, and who does finds nothing.
    package mutating func giveBack(_ id: ConnectionID) {
        free.append(ConnectionID(place: UInt32(id.place), use: id.use &+ 1))
    }
}

extension ConnectionID {
    init(place: UInt32, use: UInt32) {
        self.init(rawValue: UInt64(use) << 32 | UInt64(place))
    }

    /// Where a table keeps what belongs to the connection.
    package var place: Int { Int(rawValue & 0xffff_ffff) }

    /// Which connection it is of those that had this place.
    var use: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 32) }
}
