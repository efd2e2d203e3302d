/* The official JavaScript client. It talks to the embedded server over WebSocket and shares no code with this project's codec. Its types
   are not imported, because they exist only if its packages are installed, and because they change the prototypes of everything. */
import { existsSync } from 'node:fs'
import t, { type Test } from 'tap'
import { connectTyped as connect, type Session } from '../../src/client/open-session.js'
import { type EmbeddedServer, type ServerOptions } from '../../src/server/index.js'
import { asAdmin, startServerFor } from '../helpers/load-server.js'

/** A value of the client. Vectors hold raw elements; the smallest number of a type means null. */
export interface ClientObject {
  readonly form: number
  readonly type: number
  readonly rows?: number
  readonly cols?: number
  readonly name?: string
  readonly value: unknown
  /** The value as plain JavaScript; temporal values and decimals as text. */
  data(options?: object): unknown
  pack(): Uint8Array
}

export interface ClientMessage {
  readonly type: 'print' | 'object' | 'error'
  readonly data: unknown
}

export type ClientArgument = ClientObject | string | boolean | null | undefined

export interface ClientSession {
  readonly sid: string
  readonly connected: boolean
  connect(): Promise<void>
  disconnect(): void
  eval(script: string, options?: ClientOptions): Promise<ClientObject>
  call(
    name: string,
    args?: readonly ClientArgument[],
    options?: ClientOptions,
  ): Promise<ClientObject>
  upload(names: readonly string[], values: readonly ClientArgument[]): Promise<ClientObject>
  execute(script: string): Promise<unknown>
  invoke(name: string, args?: readonly unknown[], options?: object): Promise<unknown>
  cancel(): Promise<void>
}

export interface ClientOptions {
  urgent?: boolean
  node?: string
  nodes?: readonly string[]
  listener?: (message: ClientMessage) => void
}

type Make = new (...args: readonly unknown[]) => ClientObject

export interface Client {
  readonly DDB: new (url: string, options?: object) => ClientSession
  readonly DdbObj: (new (fields: object) => ClientObject) & {
    parse(bytes: Uint8Array, littleEndian: boolean): ClientObject
  }
  readonly DdbType: Readonly<Record<string, number>>
  readonly DdbForm: Readonly<Record<string, number>>
  readonly DdbVoidType: Readonly<Record<string, number>>
  readonly BigInt128Array: new (values: readonly bigint[]) => Iterable<bigint>
  /** The smallest numbers of the types, which mean null. */
  readonly nulls: {
    readonly int8: number
    readonly int16: number
    readonly int32: number
    readonly int64: bigint
    readonly int128: bigint
    readonly float32: number
    readonly double: number
  }
  /** Constructors by name: `DdbInt`, `DdbVectorString` and so on. */
  readonly make: Readonly<Record<string, Make>>
}

/** Adds a function that the client calls when it connects. Node 20 lacks this function. */
function addWithResolvers(): void {
  const constructor = Promise as unknown as { withResolvers?: () => unknown }
  constructor.withResolvers ??= () => {
    const made: Record<string, unknown> = {}
    made['promise'] = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }))
    return made
  }
}

/** Text that the client itself wrote to the console: the notice that it connected, and the output of `print`. */
export const printed: string[] = []

async function loadClient(): Promise<Client | undefined> {
  const isInstalled = existsSync(new URL('node_modules/dolphindb/package.json', import.meta.url))
  if (!isInstalled && process.env['CI'] === undefined) return undefined
  addWithResolvers()
  // The module name is in a variable, so that the compiler does not look for the module.
  const name: string = 'dolphindb'
  const module = (await import(name)) as Client & Client['make']
  console.log = (...args: unknown[]) => void printed.push(args.join(' '))
  return Object.assign({ make: module }, module)
}

const client = await loadClient()

/** A test with the official client. If its packages could not be installed, the test is skipped, but fails in CI. */
export function test(title: string, body: (t: Test, client: Client) => Promise<void>): void {
  if (client === undefined) {
    const skip = 'npm ci --prefix test/oracle installs the client'
    t.test(title, { skip }, async () => undefined)
    return
  }
  t.test(title, t => body(t, client))
}

export interface Ends {
  readonly server: EmbeddedServer
  readonly url: string
  readonly official: ClientSession
  /** This project's client over TCP, connected to the same server. */
  readonly session: Session
}

/** Starts a server and connects the official client and this project's client as admin. */
export async function startEnds(t: Test, client: Client, options: ServerOptions = {}) {
  const server = await startServerFor(t, { ...options })
  const url = `ws://${server.host}:${server.port}`
  const official = new client.DDB(url)
  await official.connect()
  t.teardown(() => official.disconnect())
  const session = await connect(asAdmin(server))
  t.teardown(() => session.close().catch(() => undefined))
  return { server, url, official, session }
}
