/* One end of a simulated connection. Written bytes travel to the other end piece by piece. The kernel accepts written bytes once few enough
   bytes are in flight, and then calls the sender back. */
import { Duplex } from 'node:stream'
import type { SimNetwork } from './network.js'
import type { SimProcess } from './process.js'

type Done = (error?: Error | null) => void

/** Written bytes, and the callback for when the kernel has accepted all of them. */
interface Written {
  /** A view of the writer's memory until the kernel has accepted the bytes, then a copy. */
  chunk: Uint8Array
  taken: boolean
  done: Done | undefined
  readonly writtenMs: number
}

export class SimSocket extends Duplex {
  readonly remoteAddress = '127.0.0.1'
  readonly remotePort: number
  bytesRead = 0
  isDead = false
  readonly #network: SimNetwork
  readonly #process: SimProcess
  #peer: SimSocket | undefined
  /** Whether the connection has vanished: neither end receives anything from the other end any more. */
  #vanished = false
  /** Bytes on the way to the peer, oldest first. */
  readonly #pipe: Written[] = []
  #lostBytes = 0
  #finWritten: Done | undefined
  #finQueued = false
  #finSent = false
  /** Whether a piece is in flight. */
  #moving = false
  #peerIsFull = false
  readonly #pieceBytes: number

  readonly #address: string

  constructor(network: SimNetwork, process: SimProcess, port: number, address: string) {
    super({ allowHalfOpen: true, autoDestroy: true, emitClose: true })
    this.#network = network
    this.#process = process
    this.remotePort = port
    this.#address = address
    this.#pieceBytes = network.chance.between(1, network.weather.pieceBytes)
  }

  get unacknowledgedBytes(): number {
    const taken = this.#pipe.filter(({ taken }) => taken)
    return taken.reduce((sum, { chunk }) => sum + chunk.byteLength, this.#lostBytes)
  }

  join(peer: SimSocket): void {
    this.#peer = peer
    peer.#peer = this
  }

  /** Closes this end with a system error. */
  fail(code: string): void {
    this.destroy(Object.assign(new Error(`connection failed: ${code}`), { code }))
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: Done): void {
    this.#send([{ chunk, taken: false, done, writtenMs: this.#network.world.nowMs }])
  }

  override _writev(chunks: { chunk: Uint8Array }[], done: Done): void {
    this.#send(
      chunks.map(({ chunk }, index) => ({
        chunk,
        taken: false,
        done: index === chunks.length - 1 ? done : undefined,
        writtenMs: this.#network.world.nowMs,
      })),
    )
  }

  override _final(done: Done): void {
    this.#process.step(() => {
      this.#finQueued = true
      this.#finWritten = done
      this.#move()
    }, undefined)
  }

  override _read(): void {
    const peer = this.#peer
    if (peer === undefined || !peer.#peerIsFull) return
    peer.#peerIsFull = false
    peer.#move()
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#close()
    done(error)
  }

  /** Closes this end after its process has died. The kernel informs the peer, unless the machine has lost power. */
  ownerDied(silently: boolean): void {
    this.isDead = true
    if (silently) this.#vanish()
    else this.#close()
  }

  /** As after the probes of TCP (keepalive): the kernel learns that the connection has vanished. */
  probe(): void {
    if (this.#vanished) this.#process.later(0, () => this.#broken())
  }

  #send(written: Written[]): void {
    this.#process.step(() => {
      this.#pipe.push(...written)
      // A machine that returns after a power cut does not know its earlier connections.
      if (this.#vanished && this.#peer?.isDead === true && this.#network.listens(this.#address)) {
        this.#process.later(this.#network.latencyMs(), () => this.#broken())
      }
      this.#take()
      this.#move()
    }, undefined)
  }

  /** Lets the kernel accept as many bytes as fit. From then on the writer may reuse their memory. */
  #take(): void {
    let before = 0
    for (const written of this.#pipe) {
      if (before >= this.#network.weather.windowBytes) return
      before += written.chunk.byteLength
      if (written.taken) continue
      written.taken = true
      written.chunk = written.chunk.slice()
      const { done } = written
      if (done !== undefined) this.#process.later(0, () => done())
    }
  }

  /** Sends the next piece, unless a piece is in flight. */
  #move(): void {
    const peer = this.#peer
    if (this.#moving || peer === undefined || this.#vanished || this.#peerIsFull) return
    if (this.#pipe.length === 0 && !this.#finQueued) return
    const { world, chance, weather } = this.#network
    let delayMs = this.#network.latencyMs()
    if (chance.oneIn(weather.stallOneIn)) {
      delayMs += chance.number() * weather.longestStallMs
      world.note(() => `${this.#process.name} stalls for ${delayMs.toFixed(0)} ms`)
    }
    this.#moving = true
    world.schedule(delayMs, () => {
      this.#moving = false
      this.#arrive(peer)
    })
  }

  #arrive(peer: SimSocket): void {
    if (this.#vanished) return
    const { world, chance, weather } = this.#network
    if (chance.oneIn(weather.resetOneIn)) {
      world.note(() => `a connection of ${this.#process.name} is reset`)
      this.#reset()
      return
    }
    if (chance.oneIn(weather.vanishOneIn)) {
      world.note(() => `a connection of ${this.#process.name} vanishes`)
      this.#vanish()
      return
    }
    const writtenMs = this.#pipe[0]?.writtenMs ?? world.nowMs
    const piece = this.#nextPiece()
    if (piece === undefined) {
      this.#finQueued = false
      this.#finSent = true
      peer.#hear(undefined, writtenMs)
      const done = this.#finWritten
      if (done !== undefined) this.#process.later(0, () => done())
      return
    }
    this.#process.lastReachedMs = world.nowMs
    peer.#hear(piece, writtenMs)
    this.#take()
    this.#move()
  }

  #nextPiece(): Uint8Array | undefined {
    const first = this.#pipe[0]
    if (first === undefined) return undefined
    const piece = first.chunk.subarray(0, this.#pieceBytes)
    if (piece.byteLength === first.chunk.byteLength) this.#pipe.shift()
    else first.chunk = first.chunk.subarray(piece.byteLength)
    return first.taken ? piece : piece.slice()
  }

  /** Passes on bytes that have arrived at this end. undefined means that the other end will send no more bytes. */
  #hear(piece: Uint8Array | undefined, writtenMs: number): void {
    const peer = this.#peer!
    if (this.isDead || this.destroyed) {
      // The peer is closed, so its kernel answers with a reset.
      if (piece !== undefined) peer.#process.later(this.#network.latencyMs(), () => peer.#broken())
      return
    }
    this.#process.later(0, () => {
      if (this.destroyed) return
      if (piece !== undefined) {
        this.bytesRead += piece.byteLength
        this.#process.lastHeardMs = this.#network.world.nowMs
        this.#process.heardFromMs = writtenMs
      }
      if (!this.push(piece ?? null)) peer.#peerIsFull = true
    })
  }

  /** Breaks the connection at both ends. */
  #reset(): void {
    this.#vanish()
    for (const end of this.#ends) end.#process.later(0, () => end.#broken())
  }

  get #ends(): SimSocket[] {
    return this.#peer === undefined ? [this] : [this, this.#peer]
  }

  #broken(): void {
    if (!this.destroyed) this.fail('ECONNRESET')
  }

  #vanish(): void {
    for (const end of this.#ends) {
      end.#lostBytes = end.unacknowledgedBytes
      end.#vanished = true
      end.#pipe.length = 0
    }
  }

  /** Closes this end. Accepted bytes are still sent, unless the connection breaks. */
  #close(): void {
    const peer = this.#peer
    if (peer === undefined || this.#vanished) return
    const kept = this.#pipe.filter(({ taken }) => taken)
    this.#pipe.splice(0, this.#pipe.length, ...kept)
    const isDone = this.writableFinished && this.readableEnded
    if (this.readableLength > 0 || (!isDone && this.#network.chance.oneIn(3))) {
      this.#pipe.length = 0
      peer.#process.later(this.#network.latencyMs(), () => peer.#broken())
      return
    }
    if (!this.#finSent) this.#finQueued = true
    this.#peerIsFull = false
    this.#move()
  }
}
