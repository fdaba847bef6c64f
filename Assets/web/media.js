// This side's camera and microphone. Either may be missing or forbidden: then this side receives only, and `problem` says why.

const picture = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 } }

export class Media {
  audio = null
  video = null
  problem = ''
  /** Devices' ids as chosen; empty: the browser's choice. */
  chosen = { audioinput: '', videoinput: '', audiooutput: '' }

  /** Opens what there is. Never fails: see `problem`. */
  async open(withCamera = true) {
    this.problem = ''
    const wishes = withCamera ? [['audio', 'video'], ['audio'], ['video']] : [['audio']]
    for (const kinds of wishes) {
      try {
        for (const track of await this.#capture(kinds)) this[track.kind] = track
        if (kinds.length < wishes[0].length) this.problem = kinds[0] === 'audio' ? 'Your camera is not used. ' : 'Your microphone is not used. '
        if (this.problem) this.problem += this.#reason
        return
      } catch (error) {
        this.#reason = words(error)
      }
    }
    this.problem = `You see and hear, but send nothing. ${this.#reason}`
  }

  /** Another camera or microphone in place of the one in use, or none yet: the new track. */
  async reopen(kind) {
    // Some cameras cannot be opened twice.
    this[kind]?.stop()
    this[kind] = null
    const wasMuted = kind === 'audio' && this.isMuted
    ;[this[kind]] = await this.#capture([kind])
    if (wasMuted) this.audio.enabled = false
    return this[kind]
  }

  closeCamera() {
    this.video?.stop()
    this.video = null
  }

  get isMuted() { return this.audio?.enabled === false }
  set isMuted(isMuted) { if (this.audio) this.audio.enabled = !isMuted }

  close() {
    this.audio?.stop()
    this.audio = null
    this.closeCamera()
  }

  #reason = ''

  async #capture(kinds) {
    if (!navigator.mediaDevices?.getUserMedia) throw new DOMException('', 'SecurityError')
    const device = id => id ? { deviceId: { exact: id } } : {}
    const wish = {}
    if (kinds.includes('audio')) wish.audio = device(this.chosen.audioinput)
    if (kinds.includes('video')) wish.video = { ...picture, ...device(this.chosen.videoinput) }
    return (await navigator.mediaDevices.getUserMedia(wish)).getTracks()
  }
}

/** Why a camera or microphone could not be opened, in words. */
export function words(error) {
  switch (error.name) {
    case 'NotAllowedError': return 'The browser does not allow it: change that beside the address, then call again.'
    case 'NotFoundError': case 'OverconstrainedError': return 'There is none: connect one, then call again.'
    case 'NotReadableError': return 'Another program uses it: end that, then call again.'
    case 'SecurityError': return 'Browsers allow it on https:// and on this machine only.'
    default: return error.message || error.name
  }
}
