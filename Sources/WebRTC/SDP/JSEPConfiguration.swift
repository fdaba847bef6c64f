/// What a ``JSEPSession`` offers and accepts.
public struct JSEPConfiguration: Sendable {
    /// The `o=` line's session id: random, below 2^63 (RFC 9429 section 5.2.1).
    public var sessionID: UInt64
    /// In a collision of offers the polite side gives up its own.
    public var isPolite: Bool
    /// Most preferred first.
    public var codecs: [CodecConfiguration]
    /// With ids from 1 in this order, unless the other side has chosen others.
    public var headerExtensions: [HeaderExtension]

    public init(
        sessionID: UInt64, isPolite: Bool, codecs: [CodecConfiguration] = [.opus, .vp8],
        headerExtensions: [HeaderExtension] = [.audioLevel, .absSendTime, .transportWideCC, .mid]
    ) {
        self.sessionID = sessionID & UInt64(Int64.max)
        self.isPolite = isPolite
        self.codecs = codecs
        self.headerExtensions = headerExtensions
    }
}

/// The two kinds of description that are exchanged (W3C RTCSdpType without provisional answers and rollback).
public enum SDPType: String, Hashable, Sendable {
    case offer, answer
}

/// W3C RTCSignalingState without the states of provisional answers.
public enum SignalingState: String, Hashable, Sendable {
    case stable
    case haveLocalOffer = "have-local-offer"
    case haveRemoteOffer = "have-remote-offer"
    case closed
}

/// Why a description could not be made or applied.
public struct JSEPError: Error, Equatable, CustomStringConvertible {
    public enum Reason: Hashable, Sendable {
        /// The call does not fit the signaling state; nothing has changed.
        case invalidState
        /// The other side's description breaks the rules; nothing has changed.
        case invalidDescription
        /// The arguments do not fit; nothing has changed.
        case invalidArgument
    }

    public var reason: Reason
    public var description: String

    init(_ reason: Reason, _ description: String) {
        self.reason = reason
        self.description = description
    }
}
