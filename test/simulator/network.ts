/* A simulated network. Bytes take time, arrive in different pieces than they were sent in, and stall. Connections break, or vanish without
   a sign. */
import type { ListeningPort, Network, Socket } from '../../src/platform/platform.js'
import type { SimProcess } from './process.js'
import type { Chance } from './random.js'
import { SimSocket } from './socket.js'
import type { World } from './world.js'

/** The behaviour of the network in one simulation. */
export interface Weather {
  /** The least time that a byte takes (`latencyMs`), and how much longer it may take (`jitterMs`). */
  latencyMs: number
  jitterMs: number
  /** Largest number of bytes per piece. Each connection draws its own limit between one byte and this number. */
  pieceBytes: number
  /** Largest number of bytes that the sender's kernel has accepted but the receiver does not have yet. */
  windowBytes: number
  /** One in this many pieces is delayed. */
  stallOneIn: number
  longestStallMs: number
  /** One in this many pieces breaks its connection, and both ends notice. */
  resetOneIn: number
  /** One in this many pieces is lost, together with all later pieces of the connection. Neither end notices. */
  vanishOneIn: number
  /** One in this many connection attempts gets no answer. */
  deafOneIn: number
}

export const fairWeather: Weather = {
  latencyMs: 0.1,
  jitterMs: 0.05,
  pieceBytes: 65_536,
  windowBytes: 262_144,
  stallOneIn: Infinity,
  longestStallMs: 0,
  resetOneIn: Infinity,
  vanishOneIn: Infinity,
  deafOneIn: Infinity,
}

interface Listener {
  readonly process: SimProcess
  readonly accept: (socket: Socket) => void
}

export class SimNetwork {
  readonly world: World
  readonly chance: Chance
  weather: Weather
  readonly #listeners = new Map<string, Listener>()
  readonly #sockets = new Map<SimProcess, Set<SimSocket>>()
  #lastPort = 40_000

  constructor(world: World, chance: Chance, weather: Weather) {
    this.world = world
    this.chance = chance
    this.weather = weather
  }

  of(process: SimProcess): Network {
    return {
      dial: (host, port) => this.#dial(process, `${host}:${port}`),
      speaksTls: () => Promise.resolve(false),
      listen: (host, port, accept) => this.#listen(process, `${host}:${port}`, port, accept),
    }
  }

  openSockets(process: SimProcess): number {
    return [...(this.#sockets.get(process) ?? [])].filter(socket => !socket.closed).length
  }

  /**
   * Does what the kernel does after a process has died: closes its ends of connections, or lets them vanish with the
   * machine.
   */
  processDied(process: SimProcess, silently: boolean): void {
    for (const [key, { process: owner }] of this.#listeners) {
      if (owner === process) this.#listeners.delete(key)
    }
    for (const socket of this.#sockets.get(process) ?? []) socket.ownerDied(silently)
  }

  /** Lets both ends learn which connections have vanished. */
  probe(): void {
    for (const sockets of this.#sockets.values()) for (const socket of sockets) socket.probe()
  }

  latencyMs(): number {
    const { latencyMs, jitterMs } = this.weather
    return latencyMs + this.chance.number() * jitterMs
  }

  listens(address: string): boolean {
    return this.#listeners.has(address)
  }

  #newSocket(process: SimProcess, address: string): SimSocket {
    const socket = new SimSocket(this, process, ++this.#lastPort, address)
    const own = this.#sockets.get(process)
    if (own === undefined) this.#sockets.set(process, new Set([socket]))
    else own.add(socket)
    socket.once('close', () => this.#sockets.get(process)?.delete(socket))
    return socket
  }

  #dial(process: SimProcess, address: string): Socket {
    const socket = this.#newSocket(process, address)
    process.step(() => this.#connect(process, socket, address), undefined)
    return socket
  }

  #connect(process: SimProcess, socket: SimSocket, address: string): void {
    const isDeaf = this.chance.oneIn(this.weather.deafOneIn)
    this.world.note(() => `${process.name} dials ${address}${isDeaf ? ', and nobody hears' : ''}`)
    if (isDeaf) return
    this.world.schedule(this.latencyMs(), () => {
      const listener = this.#listeners.get(address)
      if (listener === undefined) {
        process.later(this.latencyMs(), () => socket.fail('ECONNREFUSED'))
        return
      }
      if (socket.destroyed) return
      const peer = this.#newSocket(listener.process, '')
      // Ignores errors before the connection is accepted, which happen if the listening process is suspended.
      peer.on('error', () => undefined)
      socket.join(peer)
      listener.process.later(0, () => listener.accept(peer))
      process.later(this.latencyMs(), () => {
        if (!socket.destroyed) socket.emit('connect')
      })
    })
  }

  #listen(
    process: SimProcess,
    address: string,
    port: number,
    accept: (socket: Socket) => void,
  ): Promise<ListeningPort> {
    return new Promise((resolve, reject) => {
      process.step(() => {
        process.later(0, () => {
          if (this.#listeners.has(address)) {
            reject(Object.assign(new Error('address in use'), { code: 'EADDRINUSE' }))
            return
          }
          this.#listeners.set(address, { process, accept })
          resolve({
            port,
            close: closed => {
              this.#listeners.delete(address)
              closed()
            },
          })
        })
      }, undefined)
    })
  }
}
