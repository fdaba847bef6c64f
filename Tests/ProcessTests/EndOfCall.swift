import TestProcesses
import Testing

extension Subprocess {
    /// Expects the process to end with 0 after a call that ended with a hang-up; returns all it said.
    func endOfCall(within limit: Duration, _ location: SourceLocation = #_sourceLocation) async throws -> [BotEvent] {
        let outcome = try await end(within: limit)
        let (output, errors) = try await everything()
        #expect(outcome == .status(0), "\(errors)", sourceLocation: location)
        #expect(output.rest.isEmpty, sourceLocation: location)
        let events = try output.events()
        #expect(events.last { $0.isEnded }?.reason == "hangup", "\(output)", sourceLocation: location)
        return events
    }
}
