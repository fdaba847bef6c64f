import Codecs
import SignalingClient
import SignalingProtocol

/// Who is called, or calls.
public struct CallInfo: Hashable, Sendable {
    public var id: CallID
    public var peer: Peer
    public var direction: CallMachine.Direction
    /// Whether the other side wants to be seen; of an incoming call before it is accepted, what its offer says.
    public var hasVideo: Bool
}

/// What a ``CallClient`` tells its owner.
public enum CallEvent: Sendable {
    /// In the room, for the first time.
    case joined(Joined)
    /// The connection to the server is lost; calls go on, and it is tried again after `retryIn`.
    case disconnected(reason: String, retryIn: Duration)
    case reconnected(Joined)
    /// Who is in the room, ourselves left out.
    case roster([Peer])
    /// `milliseconds` since the offer was sent (caller) or the answer (callee); since the offer came while that rings.
    case call(CallInfo, CallMachine.State, milliseconds: Int)
    case firstFrame(CallInfo, milliseconds: Int)
    /// What the other side sends, as was just agreed: without a picture, its camera is off.
    case remoteMedia(audio: Bool, video: Bool)
    /// Our camera gives no pictures, though it is on (true); or gives them (again).
    case localVideoMuted(Bool)
    /// A picture from the other side, to be shown now.
    case remotePicture(VideoFrame)
    /// A picture as captured; on the source's thread.
    case localPicture(VideoFrame)
    /// Once a second in a call; `seconds` since it was connected.
    case statistics(CallInfo, CallStatistics, seconds: Double)
    /// What is said and what is heard, in decibels relative to a full-scale sine, -60...0; five times a second.
    case levels(microphone: Double, speaker: Double)
    /// Somebody speaks into the muted microphone; told for as long as that goes on.
    case speechMuted
    /// Something a person should know, in a sentence.
    case note(String)
    /// A message of ours was refused, and it concerns no call.
    case refused(ServerError)
    /// The end: no event follows. `nil` after `leave()`.
    case closed(SignalingFailure?)
}
