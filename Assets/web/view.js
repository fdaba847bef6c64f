// What both pages share of the screen: the call, in the elements of stage.html. Others' names are only ever text.

import { allowSound, ring, stopRinging } from './ring.js'

const element = id => document.getElementById(id)

const states = {
  ringing: call => call.direction === 'incoming' ? '' : call.isRinging ? 'Ringing' : 'Calling',
  connecting: () => 'Connecting',
  connected: () => 'Connected',
  reconnecting: () => 'Connection lost, looking for another path',
}

export class View {
  #client
  #phase
  #clock
  #frames = 0
  #stillFor = 0
  #focused

  /** @param {import('./client.js').Client} client */
  constructor(client) {
    this.#client = client
    client.addEventListener('said', ({ detail }) => this.say(detail))
    client.addEventListener('call', () => this.#update())
    const press = (id, action) => element(id).addEventListener('click', action)
    press('answer', () => client.answer())
    press('answer-audio', () => client.answer(false))
    press('decline', () => client.hangUp())
    press('hang-up', () => client.hangUp())
    press('mute', () => client.mute(!client.media.isMuted))
    press('camera', () => client.setCamera(!client.media.video))
    // Escape only silences the ring; it must not refuse a call by mistake.
    element('incoming').addEventListener('cancel', event => {
      event.preventDefault()
      stopRinging()
    })
    for (const kind of ['videoinput', 'audioinput', 'audiooutput']) {
      element(kind).addEventListener('change', ({ target }) => this.#choose(kind, target.value))
    }
    element('devices').addEventListener('toggle', () => this.#listDevices())
    navigator.mediaDevices?.addEventListener('devicechange', () => this.#listDevices())
    document.addEventListener('click', allowSound)
    document.addEventListener('keydown', allowSound)
  }

  say(text) { element('said').textContent = text ?? '' }

  #update() {
    const { call, media, connection } = this.#client
    const phase = call ? `${call.direction} ${call.phase}${call.isRinging ? ' heard' : ''}` : ''
    if (phase !== this.#phase) this.#phaseChanged(call, phase)
    if (!call) return
    element('call-title').textContent = call.peer.name
    this.#text('call-state', states[call.phase](call))
    this.#toggle('mute', media.isMuted, media.audio ? 'Mute' : 'No microphone', !media.audio)
    this.#toggle('camera', !media.video, media.video ? 'Camera off' : 'Camera on', !connection)
    this.#show('remote', connection?.remote ?? null)
    this.#show('local', media.video && new MediaStream([media.video]))
    element('local').hidden = !media.video
    this.#note(call, connection)
  }

  #phaseChanged(call, phase) {
    this.#phase = phase
    const rings = call?.phase === 'ringing'
    const isOffered = rings && call.direction === 'incoming'
    document.body.classList.toggle('in-call', !!call && !isOffered)
    const wasHidden = element('call').hidden
    element('call').hidden = !call || isOffered
    if (rings) {
      element('incoming-title').textContent = `${call.peer.name} is calling`
      ring(call.direction, isOffered ? `${call.peer.name} is calling` : `Calling ${call.peer.name}`)
    } else {
      stopRinging(call ? `${call.peer.name} – Glyphone` : undefined)
    }
    const dialog = element('incoming')
    if (isOffered && !dialog.open) {
      this.#focused = document.activeElement
      dialog.showModal()
    }
    if (!isOffered && dialog.open) dialog.close()
    if (call && !isOffered && wasHidden) {
      this.#focused ??= document.activeElement
      this.say('')
      element('call-title').textContent = call.peer.name
      element('call-title').focus()
    }
    if (call?.phase === 'connected') {
      this.#clock ??= setInterval(() => this.#tick(), 1_000)
      this.#listDevices()
    }
    if (!call) this.#ended()
  }

  #ended() {
    clearInterval(this.#clock)
    this.#clock = undefined
    this.#stillFor = 0
    element('call-figures').textContent = ''
    element('devices').open = false
    for (const id of ['remote', 'local']) element(id).srcObject = null
    // Back to where the person was, or to what that was replaced with meanwhile.
    const last = this.#focused
    this.#focused = undefined
    ;(last?.isConnected ? last : last?.id && element(last.id))?.focus()
  }

  async #tick() {
    const { call, connection } = this.#client
    if (!connection || !call.connectedAt) return
    const { roundTrip, framesDecoded } = await connection.statistics()
    if (this.#client.connection !== connection) return
    const seconds = Math.floor((Date.now() - call.connectedAt) / 1000)
    const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
    element('call-figures').textContent = roundTrip === undefined ? time : `${time} · ${roundTrip} ms`
    this.#stillFor = framesDecoded === this.#frames ? this.#stillFor + 1 : 0
    this.#frames = framesDecoded
    this.#note(call, connection)
  }

  #note(call, connection) {
    const video = connection?.remote.getVideoTracks().find(track => !track.muted && track.readyState === 'live')
    const isStill = this.#stillFor >= 3
    const note = call.phase === 'ringing' || call.phase === 'connecting' ? '' : video && !isStill ? '' : `No picture from ${call.peer.name}`
    this.#text('remote-note', note)
    element('remote').classList.toggle('empty', !video || isStill)
  }

  // Text that did not change is not set: a screen reader would say it again.
  #text(id, text) {
    if (element(id).textContent !== text) element(id).textContent = text
  }

  #toggle(id, isPressed, label, isDisabled) {
    const button = element(id)
    // The label says what pressing does, so only a button with one label is a toggle for a screen reader.
    if (id === 'mute') {
      button.setAttribute('aria-pressed', String(isPressed))
    } else {
      button.removeAttribute('aria-pressed')
      button.classList.toggle('off', isPressed)
    }
    this.#text(id, label)
    button.disabled = isDisabled
  }

  #show(id, stream) {
    const video = element(id)
    const has = video.srcObject?.getTracks().map(track => track.id).join()
    if (has === stream?.getTracks().map(track => track.id).join()) return
    video.srcObject = stream
    if (stream?.getTracks().length) video.play().catch(() => {})
  }

  async #choose(kind, id) {
    await this.#client.choose(kind, id)
    if (kind === 'audiooutput') await element('remote').setSinkId(id).catch(error => this.say(`That loudspeaker cannot be used: ${error.message}`))
  }

  async #listDevices() {
    if (!this.#client.call || !navigator.mediaDevices?.enumerateDevices) return
    const devices = await navigator.mediaDevices.enumerateDevices()
    for (const kind of ['videoinput', 'audioinput', 'audiooutput']) {
      const found = devices.filter(device => device.kind === kind && device.deviceId)
      const select = element(kind)
      select.replaceChildren(new Option('As the browser chooses', ''), ...found.map((device, index) =>
        new Option(device.label || `${index + 1}`, device.deviceId)))
      select.value = this.#client.media.chosen[kind]
      select.disabled = !found.length || kind === 'audiooutput' && !element('remote').setSinkId
    }
  }
}
