import SDP
import Testing

@Suite struct ParsingTests {
    static let head = "v=0\no=- 1 2 IN IP4 127.0.0.1\ns=-\nt=0 0\n"

    @Test func unknownAndUnusualLinesAreKept() throws {
        let text = """
            v=0
            o=mozilla...THIS_IS_SDPARTA-99.0 83247017121930245139999 0 IN IP4 0.0.0.0
            s= a call, with spaces
            i=of the people

            b=AS:2000
            t=0 0
            a=tool:none
            a=empty:
            m=audio 9/2 UDP/TLS/RTP/SAVPF 0 9
            c=IN IP4 0.0.0.0
            b=TIAS:64000
            k=clear:x
            a=rtpmap:9 G722/8000/1
            a=x-unknown:some value: with colons
            m=application 9 UDP/DTLS/SCTP webrtc-datachannel
            a=sctp-port:5000
            a=fmtp:webrtc-datachannel max-message-size=100000
            """
        let description = try SessionDescription(parsing: text)
        #expect(description.origin.username == "mozilla...THIS_IS_SDPARTA-99.0")
        #expect(description.name == " a call, with spaces")
        #expect(description.lines.map(\.description) == ["i=of the people", "b=AS:2000", "t=0 0"])
        #expect(description.attributes == [Attribute("tool", "none"), Attribute("empty", "")])
        #expect(description.media[0].portCount == 2)
        #expect(description.media[0].lines.count == 3)
        #expect(description.media[0].rtpMap(9)?.channels == 1)
        #expect(description.media[0].value(of: "x-unknown") == "some value: with colons")
        #expect(description.media[1].payloadTypes.isEmpty)
        #expect(try SessionDescription(parsing: description.description) == description)
    }

    @Test func accessors() throws {
        let section = """
            m=video 9 UDP/TLS/RTP/SAVPF 96 97
            a=mid:v
            a=extmap:4/recvonly urn:x:y some attributes
            a=extmap:200 urn:x:z
            a=rtpmap:96 VP8/90000
            a=rtcp-fb:* nack
            a=rtcp-fb:96 nack pli
            a=rtcp-fb:97 ccm fir
            a=fmtp:96 max-fs=3600; MAX-FR=30;odd
            a=rtpmap:97 rtx/90000
            a=fmtp:97 apt=96;rtx-time=3000
            a=ssrc-group:FID 10 11
            a=ssrc:10 cname:me
            a=ssrc:10 msid:s t
            a=ssrc:11 cname:me
            a=ssrc:12
            a=candidate:1 1 udp 2 192.0.2.1 5 typ host
            a=end-of-candidates
            a=rtcp-mux
            a=rtcp-rsize
            """
        let media = try SessionDescription(parsing: Self.head + section).media[0]
        #expect(media.mid == "v" && media.usesRTCPMux && media.usesReducedSizeRTCP && media.hasEndOfCandidates)
        #expect(media.rtpMap(96) == RTPMap(payloadType: 96, encodingName: "VP8", clockRate: 90_000))
        #expect(media.retransmissionType(of: 96) == 97)
        #expect(media.feedback(96) == ["nack", "nack pli"])
        #expect(media.parameters(96).maxFrameSize == 3_600)
        #expect(media.parameters(96).maxFrameRate == 30)
        #expect(media.parameters(96)["odd"] == nil)
        #expect(media.parameters(96).description == "max-fs=3600;MAX-FR=30;odd")
        #expect(media.extensionMaps[0] == ExtensionMap(id: 4, direction: .recvonly, uri: "urn:x:y", extensionAttributes: "some attributes"))
        #expect(media.extensionMaps[1].description == "200 urn:x:z")
        #expect(media.ssrcGroups == [SSRCGroup(semantics: "FID", ssrcs: [10, 11])])
        #expect(media.ssrcAttributes.map(\.description) == ["10 cname:me", "10 msid:s t", "11 cname:me", "12"])
        #expect(media.streams == [MediaStreamIdentifier(stream: "s", track: "t")])
        #expect(media.candidates == ["candidate:1 1 udp 2 192.0.2.1 5 typ host"])
    }

    @Test func sectionsInheritFromTheSession() throws {
        let text =
            Self.head + """
                a=sendonly
                a=setup:passive
                a=ice-ufrag:sess
                a=ice-pwd:sessionsessionsessionsession
                a=ice-options:trickle ice2
                a=fingerprint:SHA-256 0a:Ff
                a=fingerprint:sha-1 00
                a=extmap-allow-mixed
                m=audio 9 UDP/TLS/RTP/SAVPF 0
                m=video 9 UDP/TLS/RTP/SAVPF 96
                a=inactive
                a=setup:active
                a=ice-ufrag:media
                a=ice-pwd:mediamediamediamediamedia
                a=fingerprint:sha-256 01:02
                """
        let description = try SessionDescription(parsing: text)
        let (first, second) = (description.media[0], description.media[1])
        #expect(description.direction(of: first) == .sendonly)
        #expect(description.direction(of: second) == .inactive)
        #expect(description.setup(of: first) == .passive)
        #expect(description.setup(of: second) == .active)
        #expect(description.iceUfrag(of: first) == "sess")
        #expect(description.iceUfrag(of: second) == "media")
        #expect(description.icePassword(of: second) == "mediamediamediamediamedia")
        #expect(description.iceOptions(of: second) == ["trickle", "ice2"])
        #expect(description.fingerprints(of: first).map(\.description) == ["sha-256 0A:FF", "sha-1 00"])
        #expect(description.fingerprints(of: second) == [FingerprintAttribute(algorithm: "sha-256", bytes: [1, 2])])
        #expect(description.allowsMixedExtensions(in: second))
        #expect(try SessionDescription(parsing: Self.head + "m=audio 9 RTP/SAVPF 0").media[0].value(of: "setup") == nil)
    }

    @Test(arguments: [
        ("a=rtpmap:128 VP8/90000", "payload type 128 is not a number of 0 to 127"),
        ("a=rtpmap:96 VP8", "expected an encoding as name/rate, like VP8/90000"),
        ("a=rtpmap:96 VP8/x", "expected an encoding as name/rate, like VP8/90000"),
        ("a=rtpmap", "rtpmap needs a value"),
        ("a=fmtp:999 apt=96", "payload type 999 is not a number of 0 to 127"),
        ("a=fmtp:+9 apt=96", "payload type +9 is not a number of 0 to 127"),
        ("a=rtcp-fb:96", "expected a payload type and a kind of feedback"),
        ("a=extmap:0 urn:x", "header extension id 0 is neither in 1 to 255 nor in 4096 to 4351"),
        ("a=extmap:1/both urn:x", "both is no direction"),
        ("a=extmap:1", "expected an id and a URI"),
        ("a=ssrc:4294967296 cname:x", "expected an SSRC, a number below 2^32"),
        ("a=ssrc-group:FID 1 x", "x is no SSRC"),
        ("a=fingerprint:sha-256 0G", "a fingerprint is written as AB:CD:…"),
        ("a=fingerprint:sha-256", "expected a hash function and a fingerprint"),
        ("a=setup:both", "both is none of active, passive, actpass and holdconn"),
        ("a=ice-ufrag:abc", "ice-ufrag has 3 characters, not 4 to 256"),
        ("a=ice-pwd:short", "ice-pwd has 5 characters, not 22 to 256"),
        ("a=mid:a b", "a mid is one word"),
        ("a=", "an attribute needs a name"),
        ("m=audio 70000 RTP/SAVPF 0", "the port is not a number of 0 to 65535"),
        ("m=audio 9 RTP/SAVPF 200", "payload type 200 is not a number of 0 to 127"),
        ("m=audio", "expected a kind of media, a port, a protocol and formats"),
        ("nonsense", "expected a letter and an equals sign"),
    ])
    func aBadLineIsNamed(_ line: String, _ reason: String) {
        do {
            _ = try SessionDescription(parsing: Self.head + "m=video 9 UDP/TLS/RTP/SAVPF 96\n" + line + "\na=sendrecv\n")
            Issue.record("was taken")
        } catch {
            #expect(error.description == "session description, line 6 \"\(line)\": \(reason)")
        }
    }

    @Test(arguments: ["a=one\ra=two", "a=one\r ", "a=one\0"]) func nothingEndsOrCutsALineForOthers(_ line: String) {
        do {
            _ = try SessionDescription(parsing: Self.head + line + "\r\n")
            Issue.record("was taken")
        } catch {
            #expect(error.reason == "a NUL or CR within the line")
        }
    }

    @Test(arguments: [
        ("", "session description: empty"),
        ("v=0\r\n", "session description: no o= line"),
        ("hello\n", "session description, line 1 \"hello\": expected a letter and an equals sign"),
        ("\n\no=- 1 1 IN IP4 0.0.0.0\n", "session description, line 3 \"o=- 1 1 IN IP4 0.0.0.0\": a description starts with v=0"),
        ("v=0\no=nobody\n", "session description, line 2 \"o=nobody\": expected user, session id, version, and address"),
        ("v=0\n\u{1b}[2J=\n", "session description, line 2 \"?[2J=\": expected a letter and an equals sign"),
    ])
    func textThatIsNoDescription(_ text: String, _ sentence: String) {
        #expect { try SessionDescription(parsing: text) } throws: { "\($0)" == sentence }
    }

    @Test func limits() throws {
        let long = Self.head + String(repeating: "a=x:0123456789\n", count: 5_000)
        #expect { try SessionDescription(parsing: long) } throws: { "\($0)".hasSuffix("longer than 65536 bytes") }
        let lines = Self.head + String(repeating: "a=x\n", count: SDPLimits.linesPerSection)
        #expect { try SessionDescription(parsing: lines) } throws: { "\($0)".hasSuffix("more than 1000 lines in a section") }
        let sections = Self.head + String(repeating: "m=audio 9 RTP/SAVPF 0\n", count: 65)
        #expect { try SessionDescription(parsing: sections) } throws: { "\($0)".hasSuffix("more than 64 media sections") }
        let formats = Self.head + "m=audio 9 RTP/SAVPF" + String(repeating: " 0", count: 129)
        #expect { try SessionDescription(parsing: formats) } throws: { "\($0)".hasSuffix("more than 128 formats") }
    }

    @Test func formatParameters() {
        let opus = FormatParameters(parsing: " minptime=10; useinbandfec=1;;stereo=0;maxaveragebitrate=64000; usedtx = 1 ")
        #expect(opus.usesInbandFEC && !opus.prefersStereo && opus.prefersDTX)
        #expect(opus.maxAverageBitrate == 64_000)
        #expect(opus.number("minptime") == 10)
        #expect(FormatParameters(parsing: "111/111").description == "111/111")
        #expect(FormatParameters(parsing: "apt=128").associatedPayloadType == nil)
        #expect(FormatParameters(parsing: "max-fs=99999999999999999999").maxFrameSize == nil)
        #expect(FormatParameters(parsing: "").isEmpty)
    }
}
