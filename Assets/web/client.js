// What both pages share of the signaling: who is there, and one call at a time.
// A page hands it what comes from the server, and a way to send.
// Events: "session", "peers" (detail: news in words, or nothing), "call", "said" (detail: words for the person).

import { Connection } from './connection.js'
import { Media, words } from './media.js'

const ringLimit = 45_000
const connectLimit = 15_000
const reconnectLimit = 30_000
const outboxLimit = 200 // A call sends a few dozen candidates; what is more was not sent by a call.

export class Client extends EventTarget {
  /** This side as the server sees it; `null` while it is not joined. */
  self = null
  /** The others in the room, by id. */
  peers = new Map()
  /** `{ id, peer, direction, phase, isRinging, connectedAt }`; phase: `ringing`, `connecting`, `connected`, `reconnecting`. */
  call = null
  connection = null
  media = new Media()

  #send
  #identity
  #resume
  #iceServers = []
  #outbox = []
  #timer

  /** @param {(type: string, members: object) => void} send - sends a message now */
  constructor(send) {
    super()
    this.#send = send
  }

  /** What this side set itself to; `busy` is the server's word, and hides it. */
  get ownStatus() { return this.self?.status === 'busy' ? undefined : this.self?.status }

  /** Who this side wants to be: `name`, `room`, `token` and `client`, as in `join`. */
  set identity(identity) {
    this.#identity = identity
    this.#resume = undefined
  }

  /** The connection to the server is there, anew perhaps. */
  opened() {
    this.#send('join', { ...this.#identity, resume: this.#resume })
  }

  /** It is lost; calls that are up go on without it. */
  closed() {
    this.self = null
    this.#emit('session')
  }

  /** Leaves the room, and ends a call. */
  leave() {
    if (this.call) this.hangUp()
    if (this.self) this.#send('leave', {})
    this.#resume = undefined
    this.self = null
    this.peers.clear()
    this.#emit('session')
  }

  receive(type, m) {
    switch (type) {
      case 'joined': return this.#joined(m)
      case 'peer-joined': case 'peer-updated': case 'peer-left': return this.#presence(type, m)
      case 'offer': return this.#offered(m)
      case 'error': return this.#refused(m)
    }
    if (!this.call || m.call !== this.call.id || m.from !== this.call.peer.id) return
    switch (type) {
      case 'ringing':
        this.call.isRinging = true
        return this.#emit('call')
      case 'answer':
        if (this.call.phase === 'ringing') this.#connecting()
        return this.#negotiate(type, m)
      case 'candidate': return this.connection ? this.#negotiate(type, m) : void this.call.early.push(m)
      case 'bye': return this.#end(endings[m.reason]?.(this.call) ?? `The call with ${this.call.peer.name} has ended.`)
    }
  }

  // The call

  async ring(id) {
    const peer = this.peers.get(id)
    if (!peer || this.call || !this.self) return
    const call = this.#begin({ id: randomID(), peer, direction: 'outgoing' })
    await this.media.open()
    if (this.call !== call) return
    this.#tellMediaProblem()
    this.#limit(ringLimit, () => {
      this.#signal('bye', { reason: 'timeout' })
      this.#end(`${peer.name} did not answer.`)
    })
    this.#connect(false)
    this.connection.start(this.media)
    this.#emit('call')
  }

  async answer(withCamera = true) {
    const call = this.call
    if (call?.phase !== 'ringing' || call.direction !== 'incoming') return
    call.phase = 'connecting'
    clearTimeout(this.#timer)
    this.#emit('call')
    await this.media.open(withCamera)
    if (this.call !== call) return this.call ? undefined : this.media.close()
    this.#tellMediaProblem()
    this.#connect(true)
    this.#connecting()
    try {
      await this.connection.accept(call.sdp, this.media)
      for (const m of call.early.splice(0)) this.#negotiate('candidate', m)
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Ends the call, or refuses one that rings, or gives one up. */
  hangUp() {
    const { phase, direction, peer } = this.call ?? {}
    if (!phase) return
    const reason = phase !== 'ringing' ? 'hangup' : direction === 'incoming' ? 'declined' : 'cancelled'
    this.#signal('bye', { reason })
    this.#end(reason === 'hangup' ? `You hung up.` : reason === 'declined' ? `You declined ${peer.name}'s call.` : `You gave up calling ${peer.name}.`)
  }

  mute(isMuted) {
    this.media.isMuted = isMuted
    this.#emit('call')
  }

  async setCamera(isOn) {
    if (isOn) return this.#change('video')
    this.media.closeCamera()
    await this.connection?.setVideo(null)
    this.#emit('call')
  }

  /** Takes another device. `kind` as in MediaDeviceInfo. */
  async choose(kind, id) {
    this.media.chosen[kind] = id
    if (kind === 'videoinput' && this.media.video) await this.#change('video')
    if (kind === 'audioinput' && this.media.audio) await this.#change('audio')
    this.#emit('call')
  }

  async #change(kind) {
    const call = this.call
    try {
      const track = await this.media.reopen(kind)
      if (!call || this.call !== call) return this.media.close()
      await (kind === 'video' ? this.connection?.setVideo(track) : this.connection?.setAudio(track))
    } catch (error) {
      this.#say(`The ${kind === 'video' ? 'camera' : 'microphone'} cannot be used. ${words(error)}`)
    }
    this.#emit('call')
  }

  #begin(call) {
    this.call = { ...call, phase: 'ringing', isRinging: false, early: [], connectedAt: 0 }
    this.#emit('call')
    return this.call
  }

  #offered(m) {
    if (this.call?.id === m.call && this.connection) return this.#negotiate('offer', m)
    const peer = this.peers.get(m.from)
    if (this.call || !peer) return this.#send('bye', { to: m.from, call: m.call, reason: 'busy' })
    this.#begin({ id: m.call, peer, direction: 'incoming', sdp: m.sdp })
    this.#signal('ringing', {})
    this.#limit(ringLimit, () => {
      this.#signal('bye', { reason: 'timeout' })
      this.#end(`You missed a call from ${peer.name}.`)
    })
  }

  #connect(isPolite) {
    this.connection = new Connection((type, members) => this.#signal(type, members), isPolite, this.#iceServers)
    this.connection.addEventListener('state', () => this.#connectionChanged())
    this.connection.addEventListener('media', () => this.#emit('call'))
  }

  #connecting() {
    this.call.phase = 'connecting'
    this.#limit(connectLimit, () => this.#fail())
    this.#emit('call')
  }

  #connectionChanged() {
    const { call, connection } = this
    if (!call || !connection) return
    if (connection.state === 'connected') {
      clearTimeout(this.#timer)
      call.phase = 'connected'
      call.connectedAt ||= Date.now()
    } else if (call.phase === 'connected' && ['disconnected', 'failed'].includes(connection.state)) {
      call.phase = 'reconnecting'
      this.#limit(reconnectLimit, () => this.#fail())
    }
    this.#emit('call')
  }

  async #negotiate(type, m) {
    const { connection } = this
    try {
      await connection.receive(type, m)
    } catch (error) {
      if (this.connection === connection) this.#fail(error)
    }
  }

  #fail(error) {
    if (error) console.error(error)
    this.#signal('bye', { reason: 'failed' })
    this.#end(error ? `The call cannot be set up: ${error.message}` : endings.failed(this.call))
  }

  #end(text) {
    clearTimeout(this.#timer)
    this.connection?.close()
    this.media.close()
    this.call = this.connection = null
    this.#outbox = []
    this.#emit('call')
    this.#say(text)
  }

  #signal(type, members) {
    const message = { to: this.call.peer.id, call: this.call.id, ...members }
    if (this.self) this.#send(type, message)
    else if (this.#outbox.length < outboxLimit) this.#outbox.push([type, message])
  }

  #limit(time, action) {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(action, time)
  }

  #tellMediaProblem() {
    if (this.media.problem) this.#say(this.media.problem)
  }

  // The session

  #joined(m) {
    const isBack = this.#resume !== undefined
    this.self = m.self
    this.#resume = m.resume
    this.#iceServers = m.iceServers
    this.peers = new Map(m.peers.map(peer => [peer.id, peer]))
    this.#emit('session')
    this.#emit('peers')
    const outbox = this.#outbox.splice(0)
    if (this.call && !(m.resumed && m.calls?.includes(this.call.id))) {
      this.#end(`The call with ${this.call.peer.name} has ended while the server was away.`)
    } else {
      for (const [type, message] of outbox) this.#send(type, message)
      if (isBack) this.#say('The server is back.')
    }
  }

  #presence(type, m) {
    if (type === 'peer-left') {
      const peer = this.peers.get(m.id)
      this.peers.delete(m.id)
      return this.#emit('peers', peer && `${peer.name} has left.`)
    }
    this.peers.set(m.peer.id, m.peer)
    this.#emit('peers', type === 'peer-joined' ? `${m.peer.name} is here.` : undefined)
  }

  #refused(m) {
    if (m.ref === 'join') this.#resume = undefined
    // The other side ended the call just before: it says so itself.
    if (m.code === 'unknown-call' && m.call !== this.call?.id) return
    if (this.call && m.call === this.call.id && (m.ref === 'offer' && this.call.phase === 'ringing' || m.code === 'unknown-call')) {
      return this.#end(refusals[m.code]?.(this.call) ?? m.message)
    }
    this.#say(m.message)
  }

  #say(text) { this.#emit('said', text) }

  #emit(type, detail) { this.dispatchEvent(new CustomEvent(type, { detail })) }
}

const endings = {
  hangup: ({ peer }) => `${peer.name} hung up.`,
  declined: ({ peer }) => `${peer.name} declined.`,
  busy: ({ peer }) => `${peer.name} is in another call.`,
  cancelled: ({ peer }) => `You missed a call from ${peer.name}.`,
  timeout: ({ peer, direction }) => direction === 'outgoing' ? `${peer.name} did not answer.` : `You missed a call from ${peer.name}.`,
  failed: ({ peer }) => `No path for picture and sound to ${peer.name} was found. Another network, or a TURN server, may help.`,
  gone: ({ peer }) => `${peer.name} is gone: the page was closed, or the network lost.`,
}

const refusals = {
  busy: ({ peer }) => `${peer.name} is busy.`,
  'unknown-peer': ({ peer }) => `${peer.name} is not here any more.`,
}

function randomID() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('')
}
