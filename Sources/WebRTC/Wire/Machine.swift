/// A protocol without I/O: it is given bytes and the time, and answers with what to do.
///
/// After each input the driver drains `nextOutput()` until it returns `nil`, then waits for the next input or for
/// `deadline`, whichever is first; at the deadline it hands in the machine's `timeout` input. Once drained, `deadline`
/// lies after the instant of the last input.
public protocol Machine<Input, Output> {
    associatedtype Input
    associatedtype Output

    mutating func handle(_ input: Input, at now: Instant)
    mutating func nextOutput() -> Output?

    /// When the machine next wants its `timeout` input; `nil` if it waits for nothing.
    var deadline: Instant? { get }
}
