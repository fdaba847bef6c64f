extension SessionDescription: CustomStringConvertible {
    /// Parses a description, whose lines may end in CRLF or LF.
    ///
    /// - Throws: ``SDPError``, naming the line, for text that is no description, for a known attribute of the wrong form,
    ///   and for one that exceeds ``SDPLimits``.
    public init(parsing text: String) throws(SDPError) {
        guard text.utf8.count <= SDPLimits.textBytes else {
            throw SDPError(line: 0, text: "", reason: "longer than \(SDPLimits.textBytes) bytes")
        }
        var parser = Parser()
        var number = 0
        for bytes in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            var bytes = bytes
            while bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
            if bytes.isEmpty { continue }
            let line = Substring(bytes)
            do throws(MalformedField) {
                // What would end or cut the line for other readers (RFC 8866 section 9, byte-string).
                guard !bytes.contains(where: { $0 == 0 || $0 == 0x0d }) else { throw MalformedField("a NUL or CR within the line") }
                try parser.read(line)
            } catch {
                throw SDPError(line: number, text: line, reason: error.reason)
            }
        }
        self = try parser.finish()
    }

    /// The description as text, every line ending in CRLF.
    public var description: String {
        var text = "v=0\r\no=\(origin)\r\ns=\(name)\r\n"
        func write(_ line: some CustomStringConvertible) { text += "\(line)\r\n" }
        lines.forEach(write)
        for attribute in attributes { write("a=\(attribute)") }
        for section in media {
            write("m=\(section.mediaLine)")
            section.lines.forEach(write)
            for attribute in section.attributes { write("a=\(attribute)") }
        }
        return text
    }
}

private struct Parser {
    private var hasVersion = false
    private var origin: SessionDescription.Origin?
    private var name: String?
    private var lines: [Line] = []
    private var attributes: [Attribute] = []
    private var media: [MediaDescription] = []
    private var linesInSection = 0

    mutating func read(_ line: Substring) throws(MalformedField) {
        let (type, value) = line.divided(at: "=")
        guard let value, let letter = type.first, type.utf8.count == 1, letter.isASCII, letter.isLetter else {
            throw MalformedField("expected a letter and an equals sign")
        }
        guard hasVersion else {
            guard letter == "v", value.trimmed() == "0" else { throw MalformedField("a description starts with v=0") }
            hasVersion = true
            return
        }
        linesInSection += 1
        guard linesInSection <= SDPLimits.linesPerSection else {
            throw MalformedField("more than \(SDPLimits.linesPerSection) lines in a section")
        }
        switch letter {
        case "m":
            guard media.count < SDPLimits.mediaSections else {
                throw MalformedField("more than \(SDPLimits.mediaSections) media sections")
            }
            media.append(try MediaDescription(parsing: value))
            linesInSection = 0
        case "a":
            let attribute = Attribute(parsing: value)
            try attribute.validate(inRTP: media.last?.isRTP ?? true)
            if media.isEmpty { attributes.append(attribute) } else { media[media.count - 1].attributes.append(attribute) }
        case "o" where media.isEmpty && origin == nil:
            origin = try SessionDescription.Origin(parsing: value)
        case "s" where media.isEmpty && name == nil:
            name = String(value)
        default:
            let line = Line(letter, String(value))
            if media.isEmpty { lines.append(line) } else { media[media.count - 1].lines.append(line) }
        }
    }

    consuming func finish() throws(SDPError) -> SessionDescription {
        guard let origin else {
            throw SDPError(line: 0, text: "", reason: hasVersion ? "no o= line" : "empty")
        }
        var result = SessionDescription(origin: origin, name: name ?? "-", lines: lines)
        result.attributes = attributes
        result.media = media
        return result
    }
}

extension Attribute {
    /// Attributes that the accessors read, with the form that each must have.
    fileprivate func validate(inRTP: Bool) throws(MalformedField) {
        guard !name.isEmpty else { throw MalformedField("an attribute needs a name") }
        switch name {
        case "rtpmap": _ = try RTPMap(parsing: required())
        case "fmtp" where inRTP: _ = try parsePayloadType(required().fields(limit: 2).first ?? "")
        case "rtcp-fb": _ = try FeedbackAttribute(parsing: required())
        case "extmap": _ = try ExtensionMap(parsing: required())
        case "group": _ = try MediaGroup(parsing: required())
        case "ssrc": _ = try SSRCAttribute(parsing: required())
        case "ssrc-group": _ = try SSRCGroup(parsing: required())
        case "fingerprint": _ = try FingerprintAttribute(parsing: required())
        case "setup":
            let role = try required()
            guard SetupRole(rawValue: role) != nil else {
                throw MalformedField("\(printable(role, limit: 16)) is none of active, passive, actpass and holdconn")
            }
        case "mid":
            guard try required().utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else { throw MalformedField("a mid is one word") }
        case "ice-ufrag": try validateICE(4...256)
        case "ice-pwd": try validateICE(22...256)
        default: break
        }
    }

    private func required() throws(MalformedField) -> String {
        guard let value, !value.isEmpty else { throw MalformedField("\(name) needs a value") }
        return value
    }

    /// `sizes` and the characters are those of RFC 8839 section 5.4; `-`, `_` and `=` occur in the wild.
    private func validateICE(_ sizes: ClosedRange<Int>) throws(MalformedField) {
        let value = try required()
        guard sizes.contains(value.utf8.count) else {
            throw MalformedField("\(name) has \(value.utf8.count) characters, not \(sizes.lowerBound) to \(sizes.upperBound)")
        }
        guard value.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else { throw MalformedField("\(name) is no single word") }
    }
}
