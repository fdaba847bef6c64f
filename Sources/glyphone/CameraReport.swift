import Console
import Devices
import MediaSources

/// What is told of this machine's cameras.
struct CameraReport {
    private let survey: CameraSurvey

    init(_ survey: CameraSurvey) {
        self.survey = survey
    }

    /// For `glyphone devices`: everything.
    var lines: [String] {
        var lines = ["Cameras (--video)"]
        for camera in survey.cameras {
            lines.append("  camera:\(camera.path)  \(camera.name)")
            if let path = camera.stablePath { lines.append("      always this one: camera:\(path)") }
            for format in camera.formats {
                lines.append("      \(format.pixelFormat)  \(format.name): \(Self.list(format.sizes))")
            }
        }
        lines += survey.unusable.map { "  \($0.reason)" }
        if survey.cameras.isEmpty, survey.unusable.isEmpty {
            lines.append("  none; --video test sends a test picture, --video FILE a film")
        }
        return lines
    }

    /// For `glyphone doctor`: what a call would use, or why it can't.
    var findings: [Finding] {
        var findings = survey.cameras.map { camera in
            let use = camera.mode(for: CaptureFormat()).map { "a call uses \($0)" } ?? "converted by libv4l2"
            return Finding(camera.path, "\(camera.name): \(use)")
        }
        for (path, reason) in survey.unusable {
            let parts = reason.description.split(separator: ": ", maxSplits: 1)
            findings.append(Finding(path, String(parts[0]), remedy: parts.count > 1 ? String(parts[1]) : nil))
        }
        if findings.isEmpty {
            findings.append(
                Finding("camera", "none", remedy: "connect one; a call goes on without, and --video test or a file stands in for it"))
        }
        return findings
    }

    /// For the screen before a call: which camera it would use, and how.
    static func row(_ video: VideoSourceSpecification) -> DeviceRow {
        guard case .camera(let path, let format) = video else { return DeviceRow(label: "Camera", text: "\(video)") }
        guard let camera = try? CameraDevice.chosen(path: path) else { return DeviceRow(label: "Camera", text: "none") }
        let size = camera.mode(for: format).map { " \($0.width)x\($0.height)" } ?? ""
        return DeviceRow(label: "Camera", text: "\(camera.name)\(size), off until a call")
    }

    /// Sizes that have the same rates share them.
    private static func list(_ sizes: [CameraSize]) -> String {
        var groups: [(sizes: [String], rates: String?)] = []
        for size in sizes {
            if let last = groups.last, last.rates == size.ratesText {
                groups[groups.count - 1].sizes.append(size.sidesText)
            } else {
                groups.append(([size.sidesText], size.ratesText))
            }
        }
        return groups.map { $0.sizes.joined(separator: " ") + ($0.rates.map { " at \($0)" } ?? "") }.joined(separator: ", ")
    }
}
