// The client on HTMX: its ws extension keeps the raw WebSocket, the server renders the roster, forms send messages.
// What is left for a script is the call itself.

import { Client } from './client.js'
import { View } from './view.js'

const enter = document.getElementById('enter')
let socket
let identity

// A form that sends is a message of the protocol; HTMX's own request headers are none of its members.
document.addEventListener('htmx:wsConfigSend', ({ detail }) => { detail.headers = undefined })

const client = new Client((type, members) => socket?.send(JSON.stringify({ type, ...members })))

document.addEventListener('htmx:wsOpen', ({ detail }) => {
  socket = detail.socketWrapper
  client.opened()
})

document.addEventListener('htmx:wsBeforeMessage', event => {
  // A message is no HTML to swap in.
  event.preventDefault()
  const message = JSON.parse(event.detail.message)
  client.receive(message.type, message)
  if (message.type === 'error' && message.ref === 'join') leave(message.message)
})

document.addEventListener('htmx:wsClose', ({ detail: { event, socketWrapper } }) => {
  client.closed()
  if (event.code === 4001) leave('You went online elsewhere under this session: this page is offline.')
  else if (event.code === 1008 || event.code === 1009) leave('The server refused this connection. Wait a little, then go online again.')
  // The extension itself comes back from lost connections, not from a server that says good-bye for a restart.
  else if (event.code === 1001 || event.code === 1000) setTimeout(() => document.getElementById('online') && socketWrapper.reconnect(), 1_000)
})

client.addEventListener('session', () => {
  const online = document.getElementById('online')
  if (!online) return
  online.querySelector('#session').textContent = client.self ? `Online as ${client.self.name}` : 'The server is away. Trying again'
  if (client.ownStatus) online.querySelector('select').value = client.ownStatus
})

client.addEventListener('peers', ({ detail }) => {
  if (detail) document.getElementById('news').textContent = detail
  htmx.trigger('#roster', 'presence')
})

document.addEventListener('htmx:configRequest', ({ detail }) => {
  if (identity?.token) detail.headers.Authorization = `Bearer ${identity.token}`
})

document.addEventListener('htmx:afterSwap', ({ target }) => {
  if (target.id !== 'roster') return
  document.getElementById(`call-${client.self?.id}`)?.closest('li').remove()
  document.getElementById('nobody').hidden = target.childElementCount > 0
})

document.addEventListener('click', ({ target }) => {
  const button = target.closest('button')
  if (button?.dataset.call) client.ring(button.dataset.call)
  if (button?.id === 'leave') leave()
})

enter.addEventListener('submit', event => {
  event.preventDefault()
  const { name, room, token } = Object.fromEntries(new FormData(enter))
  identity = { name, room: room || undefined, token: token || undefined, client: 'glyphone-htmx/1.0' }
  client.identity = identity
  enter.hidden = true
  enter.after(document.getElementById('room').content.cloneNode(true))
  document.getElementById('roster').setAttribute('hx-get', `/api/rooms/${encodeURIComponent(room || 'lobby')}/peers`)
  htmx.process(document.getElementById('online'))
})

/** Back to the question for a name. The extension closes the socket of an element that is gone. */
function leave(why) {
  client.leave()
  htmx.remove('#online')
  socket = undefined
  enter.hidden = false
  enter.elements.name.focus()
  document.getElementById('said').textContent = why ?? ''
}

htmx.onLoad(loaded => { if (loaded.id === 'stage') new View(client) })
