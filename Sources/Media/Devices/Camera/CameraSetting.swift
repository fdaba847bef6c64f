import CV4L2
public import MediaSources

/// A setting of cameras' in the words that people use, as `brightness 50`, `exposure auto` or `mirror on`.
///
/// Numbers are percents of what the camera has, so that they mean the same with every camera.
public struct CameraSetting: Hashable, Sendable {
    public enum Value: Hashable, Sendable {
        /// 0...100.
        case percent(Int)
        case on
        case off
        case auto
    }

    public var name: String
    public var value: Value

    /// What a name stands for: a number or a switch, and where there is one the control that does it automatically.
    private struct Meaning {
        var control: UInt32
        /// Another control for the same, of drivers that lack the first.
        var substitute: UInt32?
        var automatic: (control: UInt32, on: Int, off: Int)?
    }

    private static let meanings: [(name: String, meaning: Meaning)] = [
        ("brightness", Meaning(control: base(0))),
        ("contrast", Meaning(control: base(1))),
        ("saturation", Meaning(control: base(2))),
        ("sharpness", Meaning(control: base(27))),
        ("gain", Meaning(control: base(19), automatic: (base(18), 1, 0))),
        // V4L2_CID_EXPOSURE_AUTO: 1 is manual, 3 leaves the aperture as it is, which is all that webcams have.
        ("exposure", Meaning(control: camera(2), substitute: base(17), automatic: (camera(1), 3, 1))),
        ("focus", Meaning(control: camera(10), automatic: (camera(12), 1, 0))),
        ("zoom", Meaning(control: camera(13))),
        ("white-balance", Meaning(control: base(26), automatic: (base(12), 1, 0))),
        ("mirror", Meaning(control: base(20))),
        ("flip", Meaning(control: base(21))),
    ]

    /// V4L2_CID_BASE and V4L2_CID_CAMERA_CLASS_BASE, which are macros that Swift does not import.
    private static func base(_ number: UInt32) -> UInt32 { 0x0098_0900 + number }
    private static func camera(_ number: UInt32) -> UInt32 { 0x009a_0900 + number }

    /// The names that settings have.
    public static var names: [String] { meanings.map(\.name) }

    /// Reads `brightness 50`.
    ///
    /// - Throws: a sentence that says what can be written.
    public init(parsing text: String) throws(MediaError) {
        let words = text.split(separator: " ").map(String.init)
        guard words.count == 2, Self.names.contains(words[0]) else {
            throw MediaError(
                "\(quoted(text)) is no setting of a camera's: write a name and a value, such as brightness 50, of \(Self.names.joined(separator: ", "))"
            )
        }
        name = words[0]
        switch words[1] {
        case "on": value = .on
        case "off": value = .off
        case "auto": value = .auto
        case let number:
            let digits = number.hasSuffix("%") ? number.dropLast() : number[...]
            guard 1...3 ~= digits.utf8.count, digits.utf8.allSatisfy({ 48...57 ~= $0 }), let percent = Int(digits), 0...100 ~= percent
            else {
                throw MediaError("\(quoted(number)) is no value for \(name): write a percentage of 0 to 100, or on, off or auto")
            }
            value = .percent(percent)
        }
    }

    /// The settings that the camera at a path has, each with its value.
    ///
    /// - Throws: a sentence when the camera is absent or forbidden.
    public static func list(path: String) throws(MediaError) -> [(name: String, value: Value?)] {
        let controls = try CameraControl.list(path: path)
        return meanings.compactMap { name, meaning in
            guard
                let control = controls.first(where: { $0.id == meaning.control }) ?? controls.first(where: { $0.id == meaning.substitute })
            else { return nil }
            if let automatic = meaning.automatic, let value = controls.first(where: { $0.id == automatic.control })?.value,
                value != automatic.off
            {
                return (name, .auto)
            }
            return (name, control.value.flatMap { Self.value($0, of: control.kind) })
        }
    }

    /// Sets it.
    ///
    /// - Throws: a sentence when the camera is absent, or has nothing of the kind.
    public func apply(path: String) throws(MediaError) {
        guard let meaning = Self.meanings.first(where: { $0.name == name })?.meaning else { return }
        let controls = try CameraControl.list(path: path)
        let automatic = meaning.automatic.flatMap { automatic in controls.contains { $0.id == automatic.control } ? automatic : nil }
        guard let control = controls.first(where: { $0.id == meaning.control }) ?? controls.first(where: { $0.id == meaning.substitute })
        else {
            let others = try Self.list(path: path).map(\.name)
            throw MediaError(
                "the camera \(quoted(path)) has no \(name) to set: it has \(others.isEmpty ? "nothing of the kind" : others.joined(separator: ", "))"
            )
        }
        if value == .auto {
            guard let automatic else {
                throw MediaError("the camera \(quoted(path)) has no automatic \(name): set it to a percentage of 0 to 100")
            }
            return try CameraControl.set(automatic.control, to: automatic.on, path: path)
        }
        if let automatic { try CameraControl.set(automatic.control, to: automatic.off, path: path) }
        if value == .off, automatic != nil, control.kind != .onOff { return }
        try CameraControl.set(control.id, to: number(for: control.kind), path: path)
    }

    private func number(for kind: CameraControl.Kind) -> Int {
        let percent =
            switch value {
            case .percent(let percent): percent
            case .on: 100
            case .off, .auto: 0
            }
        switch kind {
        case .onOff: return percent > 0 ? 1 : 0
        case .number(let range, let step):
            let steps = (range.upperBound - range.lowerBound) / step
            return range.lowerBound + (steps * percent + 50) / 100 * step
        case .choice(let range): return range.lowerBound + ((range.upperBound - range.lowerBound) * percent + 50) / 100
        }
    }

    private static func value(_ number: Int, of kind: CameraControl.Kind) -> Value? {
        switch kind {
        case .onOff: return number == 0 ? .off : .on
        case .number(let range, _), .choice(let range):
            guard range.lowerBound < range.upperBound else { return nil }
            let clamped = min(max(number, range.lowerBound), range.upperBound)
            return .percent(
                ((clamped - range.lowerBound) * 100 + (range.upperBound - range.lowerBound) / 2) / (range.upperBound - range.lowerBound))
        }
    }
}

extension CameraSetting.Value: CustomStringConvertible {
    public var description: String {
        switch self {
        case .percent(let percent): "\(percent) %"
        case .on: "on"
        case .off: "off"
        case .auto: "auto"
        }
    }
}
