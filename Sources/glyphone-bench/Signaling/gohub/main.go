// A signaling hub as one writes it in Go: gorilla/websocket, a pair of goroutines and a buffered channel a client, a mutex a
// room, encoding/json, and every broadcast encoded once. It does what Glyphone's server does for the same messages (presence,
// calls, busy, limits of rate and size), and is what `glyphone-bench signaling` measures that server beside.
package main

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	messageLimit  = 65536
	queueLength   = 256 // as in gorilla's own chat example
	pingPeriod    = 25 * time.Second
	pongWait      = 45 * time.Second
	writeWait     = 20 * time.Second
	rateWindow    = 2 * time.Second
	rateMessages  = 100
	rateBytes     = 1 << 20
	callsPerPeer  = 16
	protocolLevel = 1
)

type peerInfo struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Status string `json:"status"`
	Client string `json:"client,omitempty"`
	Since  int64  `json:"since"`
}

type message struct {
	Type      string          `json:"type"`
	From      string          `json:"from,omitempty"`
	To        string          `json:"to,omitempty"`
	Call      string          `json:"call,omitempty"`
	SDP       string          `json:"sdp,omitempty"`
	Candidate json.RawMessage `json:"candidate,omitempty"`
	Reason    string          `json:"reason,omitempty"`
	Name      string          `json:"name,omitempty"`
	Room      string          `json:"room,omitempty"`
	Client    string          `json:"client,omitempty"`
	Status    string          `json:"status,omitempty"`
}

type joinedMessage struct {
	Type       string     `json:"type"`
	Self       peerInfo   `json:"self"`
	Peers      []peerInfo `json:"peers"`
	IceServers []string   `json:"iceServers"`
	Resume     string     `json:"resume"`
	Resumed    bool       `json:"resumed"`
	Calls      []string   `json:"calls"`
	Protocol   int        `json:"protocol"`
}

type presenceMessage struct {
	Type string   `json:"type"`
	Peer peerInfo `json:"peer"`
}

type leftMessage struct {
	Type   string `json:"type"`
	ID     string `json:"id"`
	Reason string `json:"reason"`
}

type errorMessage struct {
	Type    string `json:"type"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Ref     string `json:"ref,omitempty"`
	Call    string `json:"call,omitempty"`
}

type call struct{ caller, callee *client }

type room struct {
	mu    sync.Mutex
	peers map[string]*client
	names map[string]*client
	calls map[string]call
}

type hub struct {
	mu    sync.Mutex
	rooms map[string]*room
}

type client struct {
	conn   *websocket.Conn
	send   chan []byte
	once   sync.Once
	room   *room
	info   peerInfo
	chosen string
	calls  map[string]bool

	windowStart time.Time
	messages    int
	bytes       int
}

func randomID(bytes int) string {
	b := make([]byte, bytes)
	if _, err := rand.Read(b); err != nil {
		log.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		log.Fatal(err)
	}
	return b
}

// A client whose queue is full is cut off: a slow reader must not stop the others.
func (c *client) tell(b []byte) {
	select {
	case c.send <- b:
	default:
		c.close()
	}
}

func (c *client) close() { c.once.Do(func() { c.conn.Close() }) }

func (c *client) refuse(code, text string, m *message) {
	c.tell(encode(errorMessage{"error", code, text, m.Type, m.Call}))
}

func (c *client) admitted(size int) bool {
	now := time.Now()
	if now.Sub(c.windowStart) > rateWindow {
		c.windowStart, c.messages, c.bytes = now, 0, 0
	}
	c.messages++
	c.bytes += size
	return c.messages <= rateMessages && c.bytes <= rateBytes
}

func (r *room) broadcast(b []byte, except *client) {
	for _, p := range r.peers {
		if p != except {
			p.tell(b)
		}
	}
}

func (r *room) updateStatus(c *client) {
	status := c.chosen
	if len(c.calls) > 0 {
		status = "busy"
	}
	if status != c.info.Status {
		c.info.Status = status
		r.broadcast(encode(presenceMessage{"peer-updated", c.info}), c)
	}
}

func (r *room) endCall(id string) {
	k := r.calls[id]
	delete(r.calls, id)
	delete(k.caller.calls, id)
	delete(k.callee.calls, id)
	r.updateStatus(k.caller)
	r.updateStatus(k.callee)
}

func (h *hub) join(c *client, m *message) bool {
	name := m.Room
	if name == "" {
		name = "lobby"
	}
	h.mu.Lock()
	r := h.rooms[name]
	if r == nil {
		r = &room{peers: map[string]*client{}, names: map[string]*client{}, calls: map[string]call{}}
		h.rooms[name] = r
	}
	h.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.names[m.Name] != nil {
		c.refuse("name-taken", "Somebody in this room has that name already.", m)
		return false
	}
	c.info = peerInfo{randomID(16), m.Name, "available", m.Client, time.Now().UnixMilli()}
	c.chosen = "available"
	c.calls = map[string]bool{}
	peers := make([]peerInfo, 0, len(r.peers))
	for _, p := range r.peers {
		peers = append(peers, p.info)
	}
	r.broadcast(encode(presenceMessage{"peer-joined", c.info}), nil)
	r.peers[c.info.ID] = c
	r.names[m.Name] = c
	c.room = r
	c.tell(encode(joinedMessage{"joined", c.info, peers, []string{}, randomID(24), false, []string{}, protocolLevel}))
	return true
}

func (c *client) relay(m *message) {
	r := c.room
	r.mu.Lock()
	defer r.mu.Unlock()
	other := r.peers[m.To]
	if other == nil || other == c {
		c.refuse("unknown-peer", "Nobody in this room has that id.", m)
		return
	}
	k, known := r.calls[m.Call]
	if !known {
		if m.Type != "offer" {
			c.refuse("unknown-call", "There is no such call between you two.", m)
			return
		}
		if len(other.calls) > 0 || other.chosen == "dnd" || len(c.calls) >= callsPerPeer {
			c.refuse("busy", "This peer is in a call.", m)
			return
		}
		r.calls[m.Call] = call{c, other}
		c.calls[m.Call] = true
		other.calls[m.Call] = true
	} else if !(k.caller == c && k.callee == other || k.caller == other && k.callee == c) {
		c.refuse("unknown-call", "There is no such call between you two.", m)
		return
	}
	to := *m
	to.From, to.To = c.info.ID, ""
	other.tell(encode(&to))
	switch {
	case !known:
		r.updateStatus(c)
		r.updateStatus(other)
	case m.Type == "bye":
		r.endCall(m.Call)
	}
}

func (c *client) leave() {
	r := c.room
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.peers, c.info.ID)
	delete(r.names, c.info.Name)
	for id := range c.calls {
		k := r.calls[id]
		other := k.caller
		if other == c {
			other = k.callee
		}
		other.tell(encode(message{Type: "bye", From: c.info.ID, Call: id, Reason: "gone"}))
		r.endCall(id)
	}
	r.broadcast(encode(leftMessage{"peer-left", c.info.ID, "left"}), nil)
}

func (h *hub) read(c *client) {
	defer func() {
		c.leave()
		c.close()
		close(c.send)
	}()
	c.conn.SetReadLimit(messageLimit)
	_ = c.conn.SetReadDeadline(time.Now().Add(pongWait))
	c.conn.SetPongHandler(func(string) error { return c.conn.SetReadDeadline(time.Now().Add(pongWait)) })
	for {
		_, data, err := c.conn.ReadMessage()
		if err != nil {
			return
		}
		var m message
		if err := json.Unmarshal(data, &m); err != nil {
			c.refuse("bad-message", "This is not JSON.", &m)
			continue
		}
		if !c.admitted(len(data)) {
			c.refuse("rate-limited", "Too many messages; this one was dropped.", &m)
			continue
		}
		switch m.Type {
		case "join":
			if c.room == nil {
				h.join(c, &m)
			} else {
				c.refuse("already-joined", "This connection has joined already.", &m)
			}
		case "leave":
			return
		case "status", "offer", "ringing", "answer", "candidate", "bye":
			if c.room == nil {
				c.refuse("not-joined", "`join` must come first.", &m)
			} else if m.Type == "status" {
				c.room.mu.Lock()
				c.chosen = m.Status
				c.room.updateStatus(c)
				c.room.mu.Unlock()
			} else {
				c.relay(&m)
			}
		default:
			c.refuse("bad-message", "No message has this type.", &m)
		}
	}
}

func (c *client) write() {
	ticker := time.NewTicker(pingPeriod)
	defer func() {
		ticker.Stop()
		c.close()
	}()
	for {
		select {
		case b, ok := <-c.send:
			if !ok {
				return
			}
			_ = c.conn.SetWriteDeadline(time.Now().Add(writeWait))
			if c.conn.WriteMessage(websocket.TextMessage, b) != nil {
				return
			}
		case <-ticker.C:
			_ = c.conn.SetWriteDeadline(time.Now().Add(writeWait))
			if c.conn.WriteMessage(websocket.PingMessage, nil) != nil {
				return
			}
		}
	}
}

func main() {
	h := &hub{rooms: map[string]*room{}}
	upgrader := websocket.Upgrader{
		ReadBufferSize: 1024, WriteBufferSize: 1024, CheckOrigin: func(*http.Request) bool { return true },
	}
	http.HandleFunc("/ws", func(w http.ResponseWriter, request *http.Request) {
		conn, err := upgrader.Upgrade(w, request, nil)
		if err != nil {
			return
		}
		c := &client{conn: conn, send: make(chan []byte, queueLength)}
		go c.write()
		go h.read(c)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("ws://%s\n", listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}
