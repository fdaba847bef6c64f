enum Secret {
    /// The text of an option that carries a secret: as given, or from the file named after `@`, without its last line break.
    static func read(_ value: String?, option: String) throws -> String? {
        guard let value, value.hasPrefix("@") else { return value }
        let path = String(value.dropFirst())
        guard let text = try? TextFile.read(path, limit: 64 * 1024) else {
            throw CommandFailure(.wrongUse, "\(option): the file \(path) cannot be read. Name one that you may read.")
        }
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }
}
