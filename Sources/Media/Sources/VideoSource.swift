public import Codecs

/// Where pictures come from: a camera, a file, the test picture.
///
/// A source has a thread of its own, which paces itself by absolute times on the monotonic clock: it does not drift, and does
/// not wait for whoever takes the frames. `onFrame` is called on that thread and should hand the frame on, to a mailbox that
/// holds the newest.
public protocol VideoSource: AnyObject, Sendable {
    /// Largest number of frames a second.
    var framesPerSecond: Double { get }

    /// Begins; each frame's timestamp is its time of capture by ``MediaClock/now``. Does nothing when already started.
    func start(onFrame: @escaping @Sendable (VideoFrame) -> Void)

    /// Ends; after the return `onFrame` is not called any more. ``start(onFrame:)`` may follow.
    func stop()
}
