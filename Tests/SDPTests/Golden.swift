import Foundation
import SDP
import Testing

/// Descriptions that real browsers wrote, by browser and version.
struct Golden: Sendable, CustomTestStringConvertible {
    var name: String
    var text: String

    var testDescription: String { name }
    var isOffer: Bool { name.contains("-offer-") }

    static let all: [Golden] = {
        guard let folder = Bundle.module.url(forResource: "Golden", withExtension: nil),
            let files = try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        else { return [] }
        let texts = files.filter { $0.pathExtension == "sdp" }.compactMap { file in
            (try? String(contentsOf: file, encoding: .utf8)).map { Golden(name: file.deletingPathExtension().lastPathComponent, text: $0) }
        }
        return texts.sorted { $0.name < $1.name }
    }()

    static func named(_ name: String) throws -> SessionDescription {
        let golden = try #require(all.first { $0.name == name })
        return try SessionDescription(parsing: golden.text)
    }
}
