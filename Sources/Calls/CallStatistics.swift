/// What is known of a call at one moment, under the names and units of W3C *Identifiers for WebRTC's Statistics API*.
///
/// Counters count from the start of the call; durations are in seconds unless a name says otherwise. A value that is not known is `nil`.
public struct CallStatistics: Encodable, Sendable {
    public struct Transport: Encodable, Sendable {
        public var roundTripTime: Double?
        public var localCandidateType: String?
        public var remoteCandidateType: String?
        public var srtpCipher: String?
        public var dtlsCipher: String?
        public var bytesSent: Int?
        public var bytesReceived: Int?
        /// In bits per second.
        public var availableOutgoingBitrate: Double?
    }

    public struct Inbound: Encodable, Sendable {
        public var video: InboundVideo?
        public var audio: InboundAudio?
    }

    public struct InboundVideo: Encodable, Sendable {
        public var framesDecoded: Int?
        public var framesDropped: Int?
        public var frameWidth: Int?
        public var frameHeight: Int?
        public var framesPerSecond: Double?
        public var keyFramesDecoded: Int?
        public var freezeCount: Int?
        public var totalFreezesDuration: Double?
        /// The mean time that a decoded frame waited to be shown.
        public var jitterBufferDelayMs: Double?
        public var packetsReceived: Int?
        public var packetsLost: Int?
        public var nackCount: Int?
        public var pliCount: Int?
        public var jitter: Double?
        public var bytesReceived: Int?
        /// The median over the last second of a frame's age when it was decoded; only where the pictures bear a stamp.
        public var endToEndMs: Double?
        /// Gaps in the stamps' counter.
        public var stampFramesLost: Int?
    }

    public struct InboundAudio: Encodable, Sendable {
        public var packetsReceived: Int?
        public var packetsLost: Int?
        public var packetsDiscarded: Int?
        public var fecPacketsReceived: Int?
        public var fecPacketsDiscarded: Int?
        public var concealedSamples: Int?
        public var silentConcealedSamples: Int?
        public var concealmentEvents: Int?
        public var insertedSamplesForDeceleration: Int?
        public var removedSamplesForAcceleration: Int?
        public var totalSamplesReceived: Int?
        public var jitter: Double?
        /// The mean time that a sample waited in the jitter buffer.
        public var jitterBufferDelayMs: Double?
        /// The level over the last second, in decibels relative to full scale.
        public var audioLevelDb: Double?
        /// How old the test tone's last click was when it was heard; only where the sound is that of a test source on this machine.
        public var endToEndMs: Double?
        /// Times that the speaker had nothing left to play.
        public var playoutUnderruns: Int?
        public var bytesReceived: Int?
    }

    public struct Outbound: Encodable, Sendable {
        public var video: OutboundVideo?
        public var audio: OutboundAudio?
    }

    public struct OutboundVideo: Encodable, Sendable {
        public var framesEncoded: Int?
        public var frameWidth: Int?
        public var frameHeight: Int?
        public var framesPerSecond: Double?
        public var targetBitrate: Int?
        public var packetsSent: Int?
        public var retransmittedPacketsSent: Int?
        public var nackCount: Int?
        public var pliCount: Int?
        public var bytesSent: Int?
        public var qp: Int?
        /// `bandwidth` while pictures are smaller, fewer or paused (a ``targetBitrate`` of 0) because the line takes no more; else
        /// `none`.
        public var qualityLimitationReason: String?
    }

    public struct OutboundAudio: Encodable, Sendable {
        public var packetsSent: Int?
        public var bytesSent: Int?
        public var targetBitrate: Int?
    }

    public var transport = Transport()
    public var inbound = Inbound()
    public var outbound = Outbound()
}
