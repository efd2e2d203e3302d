/*
  Whether the system asks the other end of a silent connection if it is still there, where the system tells.
*/
import { existsSync, readFileSync } from 'node:fs'

const table = '/proc/net/tcp'

/** Whether `keepsAlive` can tell. */
export const tellsTimers: boolean = existsSync(table)

/** Of the timer that a connection has set (proc(5)). */
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

/** Of the end of a connection on this machine; what was sent has to be acknowledged first. */
export async function keepsAlive(localPort: number, remotePort: number): Promise<boolean> {
  for (;;) {
    const timer = timerOf(localPort, remotePort)
    if (timer !== acknowledging) return timer === keepAlive
    await new Promise(resolve => setImmediate(resolve))
  }
}
