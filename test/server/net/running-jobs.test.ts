import t from 'tap'
import type { Request, RequestHead } from '../../../src/protocol/request.js'
import { createNode, type ConsoleJob } from '../../../src/server/node.js'
import { RunningJobs } from '../../../src/server/net/asynchronous-failures.js'
import { call, script } from '../../helpers/requests.js'
import { int } from '../../helpers/values.js'

const head: RequestHead = {
  protocol: 'API2',
  sessionId: '1',
  flags: 32,
  priority: 7,
  parallelism: 3,
}
const nothing = (): void => undefined

t.test('a job is what its request says, until it ends', async t => {
  const node = createNode({ now: () => 5_000 })
  const jobs = new RunningJobs(node)
  const requests: [request: Request, jobType: string, description: string][] = [
    [script('sleep(1)'), 'script', 'sleep(1)'],
    [call('tableInsert{t}', int(1)), 'function', 'tableInsert{t}'],
    [{ kind: 'variable', names: ['a', 'b'], values: [int(1), int(2)] }, 'variable', 'a,b'],
    [script('login("admin", "secret"); 1'), 'script', 'login(***); 1'],
    [script('1'.repeat(300)), 'script', '1'.repeat(200)],
  ]
  const ids = new Set<string>()
  for (const [request, jobType, description] of requests) {
    const job = jobs.jobOf(head, request, nothing)!
    jobs.begin('1', job, () => [])
    t.equal(node.jobs.get('1')!.running, job)
    t.match(job, {
      rootJobId: /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      jobType,
      description,
      priority: 7,
      parallelism: 3,
      receivedAt: new Date(5_000),
      cancel: nothing,
    })
    ids.add(job.rootJobId)
  }
  t.equal(ids.size, requests.length, 'each has an id of its own')
  jobs.begin('2', jobs.jobOf(head, script('2'), nothing)!, () => [])
  jobs.end('1')
  t.strictSame([...node.jobs.keys()], ['2'])
  jobs.end('1')
  jobs.end('2')
  t.equal(node.jobs.size, 0)
})

t.test('connecting is no job', async t => {
  const jobs = new RunningJobs(createNode())
  t.equal(jobs.jobOf(head, { kind: 'connect' }, nothing), undefined)
})

t.test('a client may ask that its request is not cancelled', async t => {
  const jobs = new RunningJobs(createNode())
  const jobWith = (cancellable: boolean): ConsoleJob | undefined =>
    jobs.jobOf({ ...head, cancellable }, script('1'), nothing)
  t.equal(jobWith(false)!.cancel, undefined)
  t.equal(jobWith(true)!.cancel, nothing)
})
