// A call is heard and stands in the title. The sound is made here: no file, no decoder.

const title = document.title
const patterns = {
  incoming: { tones: [660, 880], on: 0.35, every: 1_600 },
  outgoing: { tones: [425], on: 0.9, every: 4_000 },
}

let context
let timers = []

/** To be called while the browser counts a click or key as the person's: before that it lets no page sound. */
export function allowSound() {
  context ??= new AudioContext()
  context.resume().catch(() => {})
}

/** Rings until `stopRinging`. `direction`: `incoming` or `outgoing`. */
export function ring(direction, text) {
  stopRinging()
  const pattern = patterns[direction]
  const sound = () => pattern.tones.forEach((frequency, index) => tone(frequency, index * pattern.on, pattern.on))
  sound()
  timers.push(setInterval(sound, pattern.every))
  document.title = text
  if (direction === 'incoming') {
    timers.push(setInterval(() => { document.title = document.title === text ? title : text }, 1_000))
  }
}

/** The call goes on in silence, and in the title. */
export function stopRinging(text = title) {
  timers.forEach(clearInterval)
  timers = []
  document.title = text
}

function tone(frequency, delay, duration) {
  if (context?.state !== 'running') return
  const start = context.currentTime + delay
  const oscillator = new OscillatorNode(context, { frequency })
  const gain = new GainNode(context, { gain: 0 })
  gain.gain.setTargetAtTime(0.12, start, 0.01)
  gain.gain.setTargetAtTime(0, start + duration - 0.05, 0.02)
  oscillator.connect(gain).connect(context.destination)
  oscillator.start(start)
  oscillator.stop(start + duration + 0.1)
}
