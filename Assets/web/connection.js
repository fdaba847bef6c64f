// One call's RTCPeerConnection: perfect negotiation (WebRTC, section 10.7) with trickled candidates.
// Events: "media" when the tracks that come in change, "state" when `state` does.

const patience = 4_000 // How long a path that is silent may come back by itself.

export class Connection extends EventTarget {
  /** What comes in; its tracks are muted while nothing does. */
  remote = new MediaStream()

  #pc
  #send
  #polite
  #makingOffer = false
  #ignoresOffer = false
  // The other side has a description of ours. Before that no candidate leaves: nobody learns addresses by calling.
  #isDescribed = false
  #held = []
  #early = []
  #chain = Promise.resolve()
  #restart

  /**
   * @param {(type: string, members: object) => void} send - takes `offer`, `answer` and `candidate`
   * @param {boolean} polite - gives way where two offers cross: the callee's side
   */
  constructor(send, polite, iceServers) {
    super()
    this.#send = send
    this.#polite = polite
    this.#pc = new RTCPeerConnection({ iceServers })
    this.#pc.onnegotiationneeded = () => this.#offer()
    this.#pc.onicecandidate = ({ candidate }) => this.#found(candidate?.toJSON() ?? null)
    this.#pc.onconnectionstatechange = () => this.#stateChanged()
    this.#pc.ontrack = ({ track }) => this.#arrived(track)
  }

  /** `new`, `connecting`, `connected`, `disconnected`, `failed` or `closed`. */
  get state() { return this.#pc.connectionState }

  /** Caller: makes the offer that rings. What this side does not send it still asks for. */
  start(tracks) {
    for (const kind of ['audio', 'video']) {
      this.#pc.addTransceiver(tracks[kind] ?? kind, { direction: tracks[kind] ? 'sendrecv' : 'recvonly' })
    }
  }

  /** Callee: takes the offer that rang, and answers. */
  accept(sdp, tracks) {
    return this.#next(async () => {
      await this.#pc.setRemoteDescription({ type: 'offer', sdp })
      for (const track of [tracks.audio, tracks.video]) if (track) this.#pc.addTrack(track)
      await this.#answer()
    })
  }

  /** A later `offer`, an `answer` or a `candidate` of the other side, in the order of the calls. */
  receive(type, members) {
    // Candidates do not wait for one another: the browser keeps their order, and each may be the path.
    return this.#next(() => type === 'candidate' ? void this.#candidate(members.candidate) : this.#description(type, members.sdp))
  }

  /** Sends this track from now on, or nothing: the other side is told, so that it shows no frozen picture. */
  async setVideo(track) {
    const transceiver = this.#transceiver('video')
    if (!transceiver) return void (track && this.#pc.addTrack(track))
    await transceiver.sender.replaceTrack(track)
    transceiver.direction = track ? 'sendrecv' : 'recvonly'
  }

  /** Sends another microphone, without a negotiation. */
  async setAudio(track) {
    const transceiver = this.#transceiver('audio')
    if (!transceiver) return void (track && this.#pc.addTrack(track))
    await transceiver.sender.replaceTrack(track)
    if (track) transceiver.direction = 'sendrecv'
  }

  /** Looks for another path. The call goes on meanwhile. */
  restart() { this.#pc.restartIce() }

  /** The round trip in milliseconds and the frames decoded so far, where known. */
  async statistics() {
    const all = [...(await this.#pc.getStats()).values()]
    const pair = all.find(s => s.type === 'candidate-pair' && s.nominated && s.state === 'succeeded')
    const video = all.find(s => s.type === 'inbound-rtp' && s.kind === 'video' && s.framesDecoded > 0)
    return { roundTrip: pair?.currentRoundTripTime && Math.round(pair.currentRoundTripTime * 1000), framesDecoded: video?.framesDecoded }
  }

  close() {
    clearTimeout(this.#restart)
    this.#pc.close()
  }

  #transceiver(kind) {
    return this.#pc.getTransceivers().find(t => t.receiver.track.kind === kind && t.direction !== 'stopped')
  }

  #next(step) {
    return this.#chain = this.#chain.catch(() => {}).then(() => this.#pc.signalingState === 'closed' ? undefined : step())
  }

  async #offer() {
    try {
      this.#makingOffer = true
      await this.#pc.setLocalDescription()
      this.#describe('offer')
    } catch (error) {
      if (this.#pc.signalingState !== 'closed') console.error(error)
    } finally {
      this.#makingOffer = false
    }
  }

  async #answer() {
    await this.#pc.setLocalDescription()
    this.#describe('answer')
  }

  #describe(type) {
    this.#send(type, { sdp: this.#pc.localDescription.sdp })
    this.#isDescribed = true
    for (const candidate of this.#held.splice(0)) this.#send('candidate', { candidate })
  }

  #found(candidate) {
    if (this.#isDescribed) this.#send('candidate', { candidate })
    else this.#held.push(candidate)
  }

  async #description(type, sdp) {
    const collides = type === 'offer' && (this.#makingOffer || this.#pc.signalingState !== 'stable')
    this.#ignoresOffer = !this.#polite && collides
    if (this.#ignoresOffer || type === 'answer' && this.#pc.signalingState !== 'have-local-offer') return
    await this.#pc.setRemoteDescription({ type, sdp })
    for (const candidate of this.#early.splice(0)) this.#candidate(candidate)
    if (type === 'offer') await this.#answer()
  }

  async #candidate(candidate) {
    if (!this.#pc.remoteDescription) return void this.#early.push(candidate)
    try {
      await this.#pc.addIceCandidate(candidate)
    } catch (error) {
      // One path fewer; that of an offer that was not taken is none at all.
      if (!this.#ignoresOffer) console.warn(error)
    }
  }

  #arrived(track) {
    if (!this.remote.getTracks().includes(track)) {
      this.remote.addTrack(track)
      for (const event of ['mute', 'unmute', 'ended']) track.addEventListener(event, () => this.dispatchEvent(new Event('media')))
    }
    this.dispatchEvent(new Event('media'))
  }

  #stateChanged() {
    clearTimeout(this.#restart)
    if (this.state === 'failed') this.restart()
    if (this.state === 'disconnected') this.#restart = setTimeout(() => this.restart(), patience)
    this.dispatchEvent(new Event('state'))
  }
}
