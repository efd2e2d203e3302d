/*
  Reads whether the system sends keep-alive probes on a silent connection, if the system reveals it.
*/
import { existsSync, readFileSync } from 'node:fs'

const table = '/proc/net/tcp'

/** Whether `keepsAlive` works on this system. */
export const tellsTimers: boolean = existsSync(table)

/** Codes for the timer of a connection, see proc(5). */
const acknowledging = '01'
const keepAlive = '02'

const inHex = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0')

function timerOf(localPort: number, remotePort: number): string | undefined {
  for (const line of readFileSync(table, 'utf8').split('\n')) {
    const [, local, remote, , , timer] = line.trim().split(/\s+/)
    if (local?.endsWith(`:${inHex(localPort)}`) && remote?.endsWith(`:${inHex(remotePort)}`)) {
      return timer?.slice(0, 2)
    }
  }
  return undefined
}

/** Whether this end of a local connection has a keep-alive timer, once sent bytes are acknowledged. */
export async function keepsAlive(localPort: number, remotePort: number): Promise<boolean> {
  for (;;) {
    const timer = timerOf(localPort, remotePort)
    if (timer !== acknowledging) return timer === keepAlive
    await new Promise(resolve => setImmediate(resolve))
  }
}
