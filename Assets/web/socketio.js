// The client on Socket.IO, in plain JavaScript: it draws the roster itself.

import { Client } from './client.js'
import { View } from './view.js'

const element = id => document.getElementById(id)
const words = { available: 'available', away: 'away', dnd: 'not to be disturbed', busy: 'in a call' }

element('stage').outerHTML = await (await fetch('/web/stage.html')).text()

const socket = io({ autoConnect: false, reconnectionDelay: 500, reconnectionDelayMax: 5_000 })
const client = new Client((type, members) => socket.connected && socket.emit(type, members))
new View(client)

socket.on('connect', () => client.opened())
socket.onAny((type, members) => {
  client.receive(type, members)
  if (type === 'error' && members.ref === 'join') leave(members.message)
})
socket.on('connect_error', () => client.closed())
socket.on('disconnect', reason => {
  client.closed()
  // Socket.IO comes back from lost connections; one that the server ended is for us to open again, or to leave.
  if (reason === 'io server disconnect') setTimeout(() => !element('online').hidden && socket.connect(), 1_000)
})

// A page that goes away says so, whichever transport it is on; else it would be kept for 30 s.
addEventListener('pagehide', () => socket.disconnect())

client.addEventListener('session', () => {
  element('session').textContent = client.self ? `Online as ${client.self.name}` : 'The server is away. Trying again'
  if (client.ownStatus) element('status').value = client.ownStatus
})

client.addEventListener('peers', ({ detail }) => {
  if (detail) element('news').textContent = detail
  const focused = document.activeElement?.id
  const peers = [...client.peers.values()].sort((a, b) => a.name.localeCompare(b.name))
  element('roster').replaceChildren(...peers.map(row))
  element('nobody').hidden = peers.length > 0
  if (focused) element(focused)?.focus()
})

element('enter').addEventListener('submit', event => {
  event.preventDefault()
  const { name, room, token } = Object.fromEntries(new FormData(event.target))
  client.identity = { name, room: room || undefined, token: token || undefined, client: 'glyphone-socketio/1.0' }
  element('enter').hidden = true
  element('online').hidden = false
  element('status').value = 'available'
  element('session').textContent = 'Connecting to the server'
  element('said').textContent = ''
  socket.connect()
})

element('status').addEventListener('change', ({ target }) => socket.emit('status', { status: target.value }))
element('leave').addEventListener('click', () => leave())
element('roster').addEventListener('click', ({ target }) => {
  const id = target.closest('button')?.dataset.call
  if (id) client.ring(id)
})

function row(peer) {
  const item = element('peer').content.firstElementChild.cloneNode(true)
  item.dataset.status = peer.status
  item.querySelector('.peer-name').textContent = peer.name
  item.querySelector('.peer-status').textContent = words[peer.status]
  const button = item.querySelector('button')
  button.id = `call-${peer.id}`
  button.dataset.call = peer.id
  button.disabled = peer.status === 'busy' || peer.status === 'dnd'
  button.querySelector('.unseen').textContent = ` ${peer.name}`
  return item
}

/** Back to the question for a name. */
function leave(why) {
  client.leave()
  socket.disconnect()
  element('online').hidden = true
  element('enter').hidden = false
  element('enter').elements.name.focus()
  element('said').textContent = why ?? ''
}
