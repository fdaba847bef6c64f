import Devices
import Foundation
import MediaSources

/// A device as `glyphone devices --json` tells of it: the names are those of W3C's MediaDeviceInfo, and what cameras need beyond them.
struct DeviceListing: Encodable {
    enum Kind: String, Encodable {
        case videoinput, audioinput, audiooutput
    }

    struct Format: Encodable {
        /// V4L2's name of it, such as `YUYV`.
        var pixelFormat: String
        /// In the driver's words.
        var label: String
        var sizes: [Size]
    }

    struct Size: Encodable {
        var width: Side
        var height: Side
        /// Frames a second; left out where the driver says nothing.
        var frameRates: Rates?
    }

    /// One number, or all in steps from one to another.
    enum Side: Encodable {
        case exactly(Int)
        case range(min: Int, max: Int, step: Int)

        private enum Key: String, CodingKey { case min, max, step }

        func encode(to encoder: any Encoder) throws {
            switch self {
            case .exactly(let number):
                var container = encoder.singleValueContainer()
                try container.encode(number)
            case .range(let min, let max, let step):
                var container = encoder.container(keyedBy: Key.self)
                try container.encode(min, forKey: .min)
                try container.encode(max, forKey: .max)
                try container.encode(step, forKey: .step)
            }
        }
    }

    /// Some numbers, or all from one to another.
    enum Rates: Encodable {
        case each([Double])
        case range(min: Double, max: Double)

        private enum Key: String, CodingKey { case min, max }

        func encode(to encoder: any Encoder) throws {
            switch self {
            case .each(let rates):
                var container = encoder.singleValueContainer()
                try container.encode(rates)
            case .range(let min, let max):
                var container = encoder.container(keyedBy: Key.self)
                try container.encode(min, forKey: .min)
                try container.encode(max, forKey: .max)
            }
        }
    }

    var kind: Kind
    /// A camera's path, a microphone's or speaker's name.
    var deviceId: String
    var label: String
    /// What `--video`, `--audio` or `--play` takes for it.
    var option: String
    /// Whether it is used where none is named.
    var isDefault: Bool
    /// Of a camera: a path that stays its own.
    var stablePath: String?
    var formats: [Format]?
    /// Why it cannot be used, and what to do about it.
    var error: String?

    /// All that this machine has, cameras first.
    static func all(_ survey: CameraSurvey, _ sound: AudioDevices?) -> [DeviceListing] {
        let cameras = survey.cameras.enumerated().map { DeviceListing($1, isDefault: $0 == 0) }
        let unusable = survey.unusable.map {
            DeviceListing(
                kind: .videoinput, deviceId: $0.path, label: "", option: "camera:\($0.path)", isDefault: false, error: "\($0.reason)")
        }
        let microphones = (sound?.microphones ?? []).filter { !$0.isMonitor }.map { DeviceListing($0, .audioinput, "mic") }
        return cameras + unusable + microphones + (sound?.speakers ?? []).map { DeviceListing($0, .audiooutput, "speaker") }
    }

    /// One JSON object, without the line's end.
    var json: Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        // Numbers, texts and nothing else: there is nothing that could not be written.
        return (try? encoder.encode(self)) ?? Data()
    }
}

extension DeviceListing {
    private init(_ camera: CameraDevice, isDefault: Bool) {
        self.init(
            kind: .videoinput, deviceId: camera.path, label: camera.name, option: "camera:\(camera.path)", isDefault: isDefault,
            stablePath: camera.stablePath,
            formats: camera.formats.map { format in
                Format(pixelFormat: format.pixelFormat.description, label: format.name, sizes: format.sizes.map(Size.init))
            })
    }

    private init(_ device: AudioDevice, _ kind: Kind, _ prefix: String) {
        self.init(
            kind: kind, deviceId: device.name, label: device.description, option: "\(prefix):\(device.name)", isDefault: device.isDefault)
    }
}

extension DeviceListing.Size {
    fileprivate init(_ size: CameraSize) {
        width = DeviceListing.Side(size.width)
        height = DeviceListing.Side(size.height)
        if let first = size.rates.first, let last = size.rates.last {
            frameRates = size.hasRatesBetween ? .range(min: first, max: last) : .each(size.rates)
        }
    }
}

extension DeviceListing.Side {
    fileprivate init(_ side: CameraSize.Side) {
        let (min, max) = (side.range.lowerBound, side.range.upperBound)
        self = min == max ? .exactly(min) : .range(min: min, max: max, step: side.step)
    }
}
