import Configuration
import SystemPackage

/// What the command line leaves open: the environment's variables `GLYPHONE_…`, then the configuration file.
struct Settings {
    /// Where a signaling server is looked for when none is named.
    static let server = "ws://localhost:8080"

    let environment: ConfigReader
    private let reader: ConfigReader

    /// - Parameter path: of a configuration file, as the command line names it.
    /// - Throws: ``CommandFailure`` for a configuration file that can't be read.
    init(config path: String?) async throws {
        let variables = EnvironmentVariablesProvider()
        environment = ConfigReader(provider: variables)
        var providers: [any ConfigProvider] = [variables.prefixKeys(with: "glyphone")]
        if let path = path ?? environment.string(forKey: "glyphone.config") {
            do {
                providers.append(try await FileProvider<JSONSnapshot>(filePath: FilePath(path)))
            } catch {
                throw CommandFailure(
                    .wrongUse, "The configuration file \(path) cannot be read: \(error). Correct it, or leave --config out.")
            }
        }
        reader = ConfigReader(providers: providers)
    }

    /// `given` on the command line wins.
    func value(_ given: String?, _ key: ConfigKey) -> String? {
        given ?? reader.string(forKey: key)
    }

    func value(_ given: Bool?, _ key: ConfigKey) -> Bool? {
        given ?? reader.bool(forKey: key)
    }

    func values(_ given: [String], _ key: ConfigKey) -> [String] {
        given.isEmpty ? (reader.stringArray(forKey: key) ?? []) : given
    }

    func flag(_ key: ConfigKey) -> Bool {
        reader.bool(forKey: key) ?? false
    }
}
