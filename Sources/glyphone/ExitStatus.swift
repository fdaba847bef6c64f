import ArgumentParser

/// What the command tells its caller when it ends; 0 is a call that ended normally.
enum ExitStatus: Int32 {
    case failed = 1
    case declined = 10
    case busy = 11
    case noAnswer = 12
    case noSuchPeer = 13
    case noMediaPath = 14
    case wrongUse = 64
    case serverUnreachable = 69
    case notAuthorised = 77
    case interrupted = 130
}

/// A failure that ends the command: one line for the person, and the status for the script.
struct CommandFailure: Error, CustomStringConvertible {
    var status: ExitStatus
    var sentence: String

    init(_ status: ExitStatus, _ sentence: String) {
        self.status = status
        self.sentence = sentence
    }

    var description: String { sentence }
}
