/// What the person at the console wants done. The outcome comes back as ``ConsoleEvent``s.
public enum ConsoleAction: Equatable, Sendable {
    /// Calls a peer of the roster, by its id.
    case call(peer: String, video: Bool)
    /// Accepts the incoming call; without `video`, the camera stays off.
    case accept(call: String, video: Bool)
    case decline(call: String)
    /// Stops our side's ringing sound; the caller hears no difference.
    case silence(call: String)
    /// Ends a call that rings at the other side, is being connected or is connected.
    case hangUp(call: String)
    /// Looks for another path for the call that is on.
    case reconnect
    case setMicrophone(isOn: Bool)
    case setCamera(isOn: Bool)
    /// Sets something of the camera's, in the person's words: `brightness 50`.
    case adjustCamera(setting: String)
    /// Whether the own picture is shown, so that it need not be made where it is not.
    case setSelfView(isShown: Bool)
    case setStatus(Presence)
    /// There are so many pixels for the other side's picture from now on, whether there is one or not.
    case showPicture(ShownPixels)
    /// Finds out what there is to choose from: ``ConsoleEvent/deviceChoices(_:)`` follows.
    case listDevices
    /// Shows camera and microphone without a call: pictures and levels follow; or ends that, which is done before any later action.
    case setPreview(isOn: Bool)
    /// Uses a device from now on, by the name that options take: of a camera its path, or the test picture's name.
    case use(DeviceKind, name: String)
    /// The process is about to be stopped (Ctrl-Z): microphone and camera go off.
    case suspend
    /// The process goes on after having been stopped for so long.
    case resume(after: Duration)
    /// End all calls, leave the server. The console closes right after.
    case quit
}

/// What the terminal has for the other side's picture, drawn as it is at present.
public struct ShownPixels: Equatable, Sendable {
    public var width: Int
    public var height: Int
    /// More pictures a second are wasted.
    public var framesPerSecond: Int
}
