/*
  Loaded into a measured process by `runNode`. When the process ends, writes the processor time of all its threads in microseconds to
  file descriptor 3.
*/
import { writeSync } from 'node:fs'

process.on('exit', () => {
  const { user, system } = process.cpuUsage()
  writeSync(3, String(user + system))
})
