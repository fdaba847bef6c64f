/// Turns the bytes that a terminal sends into keys, pasted text and replies.
///
/// Keys and replies come through the same stream, and over a slow line a reply may be torn anywhere. A sequence that begins like one is
/// therefore never given out as keys, however late the rest comes: only a lone ESC becomes the Escape key, after ``escapeDelay``.
public struct InputParser {
    public enum Event: Equatable, Sendable {
        case key(Key)
        /// Text from a bracketed paste, control characters removed.
        case paste(String)
        case reply(TerminalReply)
        case focus(Bool)
    }

    /// How long an ESC may stand alone before it is the Escape key: shorter than people notice, longer than a terminal pauses.
    public static let escapeDelay: Duration = .milliseconds(25)
    /// The same while replies are expected: a reply torn behind its ESC by a line with this much jitter is still a reply.
    public static let escapeDelayDuringProbe: Duration = .milliseconds(300)
    /// An unfinished sequence is forgotten after this.
    public static let sequenceTimeout: Duration = .seconds(2)
    /// No sequence of interest is longer; XTGETTCAP and XTVERSION replies have some 30 to 60 bytes.
    static let longestSequence = 512
    /// No paste is longer, in bytes: what people paste into a chat or a name field is far shorter.
    static let longestPaste = 65_536

    private enum State: Equatable {
        case ground
        case escape
        case control
        /// `ESC [ [`: function keys of the Linux console.
        case linuxFunction
        case singleShift
        /// DCS, OSC and their kin, up to ST or BEL.
        case string(UInt8)
        case stringEscape(UInt8)
        case paste
    }

    private var state = State.ground
    private var collected: [UInt8] = []
    private var character: [UInt8] = []
    private var events: [Event] = []
    private var timeout: ContinuousClock.Instant?
    private var repliesUntil: ContinuousClock.Instant?
    private let keys: [[UInt8]: Key]

    /// - Parameter keys: sequences beyond the common ones, each beginning with ESC, as terminfo has them.
    public init(keys: [[UInt8]: Key] = [:]) {
        self.keys = keys
    }

    /// When ``handleTimeout(at:)`` is due.
    public var deadline: ContinuousClock.Instant? { timeout }

    /// The next event, if any.
    public mutating func nextEvent() -> Event? {
        events.isEmpty ? nil : events.removeFirst()
    }

    /// Says that questions were sent: until then an ESC is likelier the start of a reply than a key.
    public mutating func expectReplies(until end: ContinuousClock.Instant) {
        repliesUntil = end
    }

    /// Whether replies may still come.
    func isExpectingReplies(at now: ContinuousClock.Instant) -> Bool { repliesUntil.map { now < $0 } ?? false }

    public mutating func handle(_ bytes: some Sequence<UInt8>, at now: ContinuousClock.Instant) {
        handleTimeout(at: now)
        for byte in bytes { take(byte) }
        switch state {
        case .ground: timeout = nil
        case .escape:
            let expecting = repliesUntil.map { now < $0 } ?? false
            timeout = now + (expecting ? Self.escapeDelayDuringProbe : Self.escapeDelay)
        default: timeout = now + Self.sequenceTimeout
        }
    }

    /// Gives up waiting for the rest of a sequence, if it is time.
    public mutating func handleTimeout(at now: ContinuousClock.Instant) {
        guard let timeout, now >= timeout else { return }
        self.timeout = nil
        switch state {
        case .escape: emit(.key(.escape))
        case .paste: endPaste()
        default: break
        }
        reset()
    }

    private mutating func emit(_ event: Event) {
        if case .reply(.primaryAttributes) = event { repliesUntil = nil }
        events.append(event)
    }

    private mutating func reset() {
        state = .ground
        collected.removeAll(keepingCapacity: true)
    }

    private mutating func take(_ byte: UInt8) {
        switch state {
        case .ground: takeGround(byte)
        case .escape: takeEscape(byte)
        case .control: takeControl(byte)
        case .linuxFunction:
            if (0x41...0x45).contains(byte) { emit(.key(.function(Int(byte) - 0x40))) }
            reset()
        case .singleShift:
            emitKnown([0x1B, 0x4F, byte])
            reset()
        case .string(let kind):
            if byte == 0x1B {
                state = .stringEscape(kind)
            } else if byte == 0x07 {
                endString(kind)
            } else if byte == 0x18 || byte == 0x1A {
                reset()
            } else if collected.count < Self.longestSequence {
                collected.append(byte)
            }
        case .stringEscape(let kind):
            endString(kind)
            if byte != 0x5C {
                // Not ST: the string was cut short, and this is a sequence of its own.
                state = .escape
                takeEscape(byte)
            }
        case .paste: takePaste(byte)
        }
    }

    private mutating func takeGround(_ byte: UInt8) {
        if !character.isEmpty, byte & 0xC0 != 0x80 { character = [] }
        switch byte {
        case 0x1B: state = .escape
        case 0x0D, 0x0A: emit(.key(.enter))
        case 0x09: emit(.key(.tab))
        case 0x7F, 0x08: emit(.key(.backspace))
        case 0x00...0x1F: emit(.key(.control(Character(Unicode.Scalar(byte < 0x1B && byte > 0 ? byte + 0x60 : byte + 0x40)))))
        case 0x20...0x7E: emit(.key(.character(Character(Unicode.Scalar(byte)))))
        default: takeCharacter(byte)
        }
    }

    /// A byte of a character beyond ASCII. What is no UTF-8 is dropped.
    private mutating func takeCharacter(_ byte: UInt8) {
        if character.isEmpty, !(0xC2...0xF4).contains(byte) { return }
        character.append(byte)
        let needed = character[0] < 0xE0 ? 2 : character[0] < 0xF0 ? 3 : 4
        guard character.count == needed else { return }
        if let text = String(validating: character, as: UTF8.self), let first = text.first { emit(.key(.character(first))) }
        character = []
    }

    private mutating func takeEscape(_ byte: UInt8) {
        switch byte {
        case 0x1B:
            // Two in a row: the first was the key, the second may begin something.
            emit(.key(.escape))
        case 0x5B: state = .control
        case 0x4F: state = .singleShift
        case 0x50, 0x5D, 0x58, 0x5E, 0x5F: state = .string(byte)
        case 0x21...0x7E:
            reset()
            emit(.key(.alt(Character(Unicode.Scalar(byte)))))
        default:
            reset()
            emit(.key(.escape))
            takeGround(byte)
        }
    }

    private mutating func takeControl(_ byte: UInt8) {
        switch byte {
        case 0x1B:
            reset()
            state = .escape
        case 0x18, 0x1A: reset()
        case 0x5B where collected.isEmpty: state = .linuxFunction
        case 0x20...0x3F:
            if collected.count < Self.longestSequence { collected.append(byte) }
        case 0x40...0x7E:
            let parameters = collected
            reset()
            endControl(parameters, final: byte)
        default: break
        }
    }

    private mutating func emitKnown(_ sequence: [UInt8]) {
        if let key = keys[sequence] ?? ControlSequence.key(sequence) { emit(.key(key)) }
    }

    private mutating func endControl(_ parameters: [UInt8], final: UInt8) {
        if final == 0x7E, parameters == Array("200".utf8) {
            state = .paste
        } else if final == 0x49, parameters.isEmpty {
            emit(.focus(true))
        } else if final == 0x4F, parameters.isEmpty {
            emit(.focus(false))
        } else if let reply = ControlSequence.reply(parameters, final: final) {
            emit(.reply(reply))
        } else {
            emitKnown([0x1B, 0x5B] + parameters + [final])
        }
    }

    private mutating func endString(_ kind: UInt8) {
        let text = collected
        reset()
        if kind == 0x5F, text.starts(with: Array("Gi=31;".utf8)) {
            emit(.reply(.kittyGraphics(isSupported: text.elementsEqual("Gi=31;OK".utf8))))
        }
        guard kind == 0x50 else { return }
        for reply in ControlSequence.replies(deviceControl: text) { emit(.reply(reply)) }
    }

    private mutating func takePaste(_ byte: UInt8) {
        if collected.count < Self.longestPaste + 6 { collected.append(byte) }
        let end = Array("\u{1B}[201~".utf8)
        if byte == 0x7E, collected.suffix(end.count).elementsEqual(end) {
            collected.removeLast(end.count)
            endPaste()
            reset()
        }
    }

    private mutating func endPaste() {
        let text = String(decoding: collected.prefix(Self.longestPaste), as: UTF8.self)
        let printable = text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F && !(0x80...0x9F).contains($0.value) }
        emit(.paste(String(String.UnicodeScalarView(printable))))
    }
}
