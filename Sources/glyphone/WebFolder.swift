import Foundation

/// Where the browser clients' files are.
enum WebFolder {
    /// `share/glyphone/web` beside the folder that holds this program, or `Assets/web` of the checkout that it was built in.
    static let standard: String? = {
        guard var folder = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")).map({ URL(filePath: $0) }) else {
            return nil
        }
        // A checkout's programs lie four folders deep (.build/TRIPLE/release).
        for _ in 0..<5 {
            folder.deleteLastPathComponent()
            for path in ["share/glyphone/web", "Assets/web"] {
                let candidate = folder.appending(path: path).path
                if FileManager.default.fileExists(atPath: candidate + "/index.html") { return candidate }
            }
        }
        return nil
    }()
}
