// Tests of what a wrong workload is answered: one sentence with file, line, key and remedy, never a trap.

import Foundation
import Testing
import Workload

private struct Mistake: CustomTestStringConvertible, Sendable {
    let original: String
    let replacement: String
    let sentence: String
    var testDescription: String { replacement }

    init(_ original: String, _ replacement: String, _ sentence: String) {
        self.original = original
        self.replacement = replacement
        self.sentence = sentence
    }
}

private let mistakes: [Mistake] = [
    .init("pipeline: 16", "piepline: 16", "small.yaml:10: unknown key 'piepline' in 'roles.producer'; did you mean 'pipeline'?"),
    .init("phases:", "pahses:", "small.yaml:13: unknown key 'pahses'; did you mean 'phases'?"),
    .init("seed: 7", "zzzzzzzzzzzz: 7", "small.yaml:3: unknown key 'zzzzzzzzzzzz'; the keys are apiVersion"),
    .init("seed: 7", "ensemble: {nodes: 3}", "small.yaml:3: the key 'ensemble' belongs to the format but does not work yet"),
    .init("seed: 7", "seed: many", "small.yaml:3: 'seed' must be a whole number from 0 on, not 'many'"),
    .init("seed: 7", "seed: [1]", "small.yaml:3: 'seed' must be a single value"),
    .init("quorate/v1", "quorate/v9", "small.yaml:1: 'apiVersion' is 'quorate/v9', but this version reads 'quorate/v1'"),
    .init("name: small", "name: a b", "small.yaml:2: 'name' must be 1 to 64 letters, digits, '-' or '_', not 'a b'"),
    .init("name: small\n", "", "small.yaml:1: the file needs the key 'name'"),
    .init(
        "clients: 2, pipeline", "clients: 0, pipeline", "small.yaml:10: 'roles.producer.clients' must lie between 1 and 100000"),
    .init(
        "clients: 2, pipeline", "clients: two, pipeline",
        "small.yaml:10: 'roles.producer.clients' must be a whole number, not 'two'"),
    .init("90/m", "90", "small.yaml:10: 'roles.producer.arrivals.rate' must be a rate above 0 with its unit"),
    .init("90/m", "0/s", "small.yaml:10: 'roles.producer.arrivals.rate' must be a rate above 0 with its unit"),
    .init("{rate: 90/m}", "{trace: a}", "small.yaml:10: the key 'trace' in 'roles.producer.arrivals' belongs to the format"),
    .init(
        "{rate: 90/m}", "{steps: 9/s}", "small.yaml:10: 'roles.producer.arrivals.steps' must be {from: 1000/s, by: 1000/s, e"),
    .init("{rate: 90/m}", "{steps: []}", "small.yaml:10: 'roles.producer.arrivals.steps' has 0 steps; write 1 to 1000"),
    .init("{rate: 90/m}", "{steps: [{rate: 1/s}, {rate: 2/s}]}", "'roles.producer.arrivals.steps[0]' needs the key 'for'"),
    .init("{rate: 90/m}", "{steps: [{rate: 0/s}]}", "'roles.producer.arrivals.steps' has no step with a rate above 0; raise one"),
    .init(
        "{rate: 90/m}", "{steps: {from: 1/s, by: 1/s, evry: 1s}}",
        "small.yaml:10: unknown key 'evry' in 'roles.producer.arrivals.steps'; did you mean 'every'?"),
    .init(
        "{rate: 90/m}", "{brust: {}}", "small.yaml:10: unknown key 'brust' in 'roles.producer.arrivals'; did you mean 'burst'?"),
    .init(
        "{rate: 90/m}", "{burst: {rate: 1/s, on: 1s}}", "small.yaml:10: 'roles.producer.arrivals.burst' needs the key 'off'"),
    .init(
        "{rate: 90/m}", "{burst: {rate: 1/s, on: 1us, off: 1s}}",
        "small.yaml:10: 'roles.producer.arrivals.burst.on' is at least 1ms, not 1us"),
    .init("{rate: 90/m}", "{burst: {rate: 0/s, on: 1s, off: 1s}}", "'roles.producer.arrivals.burst.rate' must be a rate above 0"),
    .init("{rate: 90/m}", "{ramp: {from: 0/s, to: 0/s}}", "'roles.producer.arrivals.ramp' goes from nothing to nothing; raise"),
    .init("{rate: 90/m}", "{ramp: {from: 1, to: 2/s}}", "'roles.producer.arrivals.ramp.from' must be a rate with its unit"),
    .init(
        "{rate: 90/m}", "{rate: 9/s, ramp: {from: 1/s, to: 2/s}}",
        "'roles.producer.arrivals' has both 'rate' and 'ramp'; keep one of the two"),
    .init(
        "{rate: 90/m}", "{ramp: {from: 1/s, to: 2/s}, poisson: 9/s}",
        "'roles.producer.arrivals.poisson' is true or false beside 'ramp', which has the rate, not '9/s'"),
    .init("{rate: 90/m}", "{}", "small.yaml:10: 'roles.producer.arrivals' needs the key 'rate'"),
    .init("{rate: 90/m}", "{rate: 90/m, poisson: 9/s}", "'roles.producer.arrivals' has both 'rate' and 'poisson'; keep one"),
    .init("do: [{set:", "mix: [{set:", "small.yaml:12: 'roles.writer.mix[0]' needs the key 'weight'"),
    .init(
        "do: [{set: {path: /pool-}}, {get:", "mix: [{set: {path: /pool-}, weight: 0}, {get:",
        "small.yaml:12: 'roles.writer.mix[0].weight' must lie between 1 and 1000000, not 0"),
    .init("do: [{set:", "mix: [], do: [{set:", "small.yaml:12: 'roles.writer' has both 'do' and 'mix'; keep one of the two"),
    .init("{size: 1KiB}", "{size: {uniform: {min: 1KiB, max: 1B}}}", "'payload.size.uniform.max' must lie between 1024B"),
    .init("{size: 1KiB}", "{size: {exp: {}}}", "small.yaml:8: 'payload.size.exp' needs the key 'mean'"),
    .init(
        "{size: 1KiB}", "{size: {list: [{size: 1B, weight: 2000}]}}",
        "'payload.size.list[0].weight' must lie between 1 and 1024"),
    .init("{size: 1KiB}", "{size: {const: 1B, exp: {mean: 1B}}}", "small.yaml:8: 'payload.size' must name one distribution"),
    .init(
        "{rate: 90/m}", "closd", "small.yaml:10: 'roles.producer.arrivals' must be closed, not 'closd'; did you mean 'closed'?"),
    .init(
        "{take: {queue: /q/jobs-}}", "{take: {queue: /q/jobz-}}", "which 'data.tree' does not lay out; did you mean '/q/jobs-'?"),
    .init("clients: 2, do", "clients: 2, thikn: 2ms, do", "small.yaml:11: unknown key 'thikn' in 'roles.worker'; did you mean"),
    .init("clients: 2, do", "clients: 2, think: 2, do", "small.yaml:11: 'roles.worker.think' must be a duration with its unit"),
    .init("clients: 2, do", "clients: 2, think: 1ns, do", "'roles.worker.think' must lie between 1us and 1h, not 1ns"),
    .init(
        "clients: 2, do", "clients: 2, think: {epx: 1ms}, do", "unknown key 'epx' in 'roles.worker.think'; did you mean 'exp'?"),
    .init("clients: 2, do", "clients: 2, think: {}, do", "'roles.worker.think' must name one distribution, as in {exp: 2ms}"),
    .init("clients: 2, do", "clients: 2, think: 1ms, do", "'roles.worker.think' does not go with 'take', 'lock' and 'subscribe'"),
    .init(
        "pipeline: 16,", "think: 1ms,", "10: 'roles.producer.think' is for clients that wait for their replies; drop it or the"),
    .init(
        "clients: 3,", "clients: 3, pipeline: 4, think: 1ms,", "12: 'roles.writer.think': a client that thinks has one request"),
    .init("{get: {path: /pool-}}", "{get: {path: /pool-, pcik: uniform}}", "in 'roles.writer.do[1].get'; did you mean 'pick'?"),
    .init(
        "{get: {path: /pool-}}", "{get: {path: /pool-, pick: unifrom}}",
        "12: 'roles.writer.do[1].get.pick' must be uniform, not 'unifrom'; did you mean 'uniform'?"),
    .init(
        "{get: {path: /pool-}}", "{get: {path: /pool-, pick: {zpif: 1}}}", "unknown key 'zpif' in 'roles.writer.do[1].get.pick'"),
    .init(
        "{get: {path: /pool-}}", "{get: {path: /pool-, pick: {zipf: 0}}}",
        "12: 'roles.writer.do[1].get.pick.zipf' must be a number between 0.01 and 10.0, not '0'"),
    .init(
        "{get: {path: /pool-}}", "{get: {path: /pool-, pick: {hotset: {share: 0.1}}}}",
        "12: 'roles.writer.do[1].get.pick.hotset' needs the key 'of_requests'"),
    .init(
        "{get: {path: /pool-}}", "{get: {path: /pool-, pick: {hotset: {share: 0.99, of_requests: 0.5}}}}",
        "12: 'roles.writer.do[1].get.pick': a share of 0.99 of 10 znodes leaves none beside them; lower it or raise the 'count'"),
    .init(
        "{get: {path: /pool-}}", "{get: {path: /pool-, pick: {}}}", "'roles.writer.do[1].get.pick' must name one choice, as in"),
    .init(
        "{get: {path: /pool-}}", "{multi: {ops: [{set: {path: /pool-, pick: {zipf: 1}}}]}}",
        "'roles.writer.do[1].multi.ops[0]' is a part of a multi, whose znodes have equal chances; take out its 'pick'"),
    .init("{take:", "{tak:", "small.yaml:11: unknown key 'tak' in 'roles.worker.do[0]'; did you mean 'take'?"),
    .init(
        "{take:", "{elect:",
        "small.yaml:11: the key 'elect' in 'roles.worker.do[0]' belongs to the format but does not work yet"),
    .init("{take:", "{lokc:", "small.yaml:11: unknown key 'lokc' in 'roles.worker.do[0]'; did you mean 'lock'?"),
    .init(
        "{take: {queue: /q/jobs-}}", "{lock: {path: /poll-}}",
        "small.yaml:11: 'roles.worker.do[0].lock.path' is '/poll-', which 'data.tree' does not lay out; did you mean '/pool-'?"),
    .init(
        "{take: {queue: /q/jobs-}}", "{lock: {path: /pool-, hodl: 1ms}}",
        "small.yaml:11: unknown key 'hodl' in 'roles.worker.do[0].lock'; did you mean 'hold'?"),
    .init(
        "{take: {queue: /q/jobs-}}", "{lock: {path: /pool-, hold: 3s}}",
        "small.yaml:11: 'roles.worker.do[0].lock.hold' is at most 2s"),
    .init(
        "{take: {queue: /q/jobs-}}", "{lock: {path: /pool-, kind: herd}}",
        "small.yaml:11: the key 'kind' in 'roles.worker.do[0].lock' belongs to the format"),
    .init("{get: {path: /pool-}}", "{lock: {path: /pool-}}", "small.yaml:12: 'lock', 'publish' and 'subscribe' each need a role"),
    .init(
        "{clients: 2, do: [{take: {queue: /q/jobs-}}]}", "{pipeline: 2, do: [{lock: {path: /pool-}}]}",
        "small.yaml:11: a client has one lock at a time; drop the 'pipeline' of role 'worker' or raise its 'clients'"),
    .init("{take:", "{subscrib:", "small.yaml:11: unknown key 'subscrib' in 'roles.worker.do[0]'; did you mean 'subscribe'?"),
    .init(
        "{take: {queue: /q/jobs-}}", "{publish: {topic: /q/jobs-}}",
        "small.yaml:11: 'roles.worker.do[0].publish' needs the key 'keep'"),
    .init(
        "{take: {queue: /q/jobs-}}", "{publish: {topc: /q/jobs-}}",
        "small.yaml:11: unknown key 'topc' in 'roles.worker.do[0].publish'; did you mean 'topic'?"),
    .init(
        "{take: {queue: /q/jobs-}}", "{publish: {topic: /q/jobs-, keep: 0}}",
        "small.yaml:11: 'roles.worker.do[0].publish.keep' must lie between 1 and 100000, not 0"),
    .init(
        "{take: {queue: /q/jobs-}}", "{subscribe: {topic: /q/jbs-}}",
        "small.yaml:11: 'roles.worker.do[0].subscribe.topic' is '/q/jbs-', which 'data.tree' does not lay out; did you mean"),
    .init(
        "{take: {queue: /q/jobs-}}", "{subscribe: {topic: /q/jobs-, via: server}}",
        "small.yaml:11: 'roles.worker.do[0].subscribe.via': 'server' belongs to the format"),
    .init(
        "{enqueue: {queue: /q/jobs-, max_backlog: 50}}", "{subscribe: {topic: /q/jobs-}}",
        "small.yaml:10: a role that subscribes reads messages as they come; its 'arrivals' must be closed"),
    .init("{get: {path: /pool-}}", "{publish: {topic: /pool-, keep: 1}}", "each need a role of their own"),
    .init(
        "max_backlog: 50", "priorty: {const: 1}",
        "small.yaml:10: unknown key 'priorty' in 'roles.producer.do[0].enqueue'; did you mean 'priority'?"),
    .init(
        "max_backlog: 50", "priority: {const: 1000}",
        "small.yaml:10: 'roles.producer.do[0].enqueue.priority.const' must lie between 0 and 999, not 1000"),
    .init(
        "max_backlog: 50", "priority: {list: [{vlaue: 1}]}",
        "unknown key 'vlaue' in 'roles.producer.do[0].enqueue.priority.list[0]'; did you mean 'value'?"),
    .init("max_backlog: 50", "priority: {list: []}", "'roles.producer.do[0].enqueue.priority.list' needs at least one value"),
    .init("max_backlog: 50", "priority: {}", "'roles.producer.do[0].enqueue.priority' must name one distribution"),
    .init(
        "max_backlog: 50", "priority: {list: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]}", "names more than 10 different priorities"),
    .init(
        "max_backlog: 50", "delay: {unifrom: {}}",
        "unknown key 'unifrom' in 'roles.producer.do[0].enqueue.delay'; did you mean 'uniform'?"),
    .init("max_backlog: 50", "delay: {const: 11s}", "'roles.producer.do[0].enqueue.delay.const' is at most 10s"),
    .init("max_backlog: 50", "delay: {uniform: {min: 2s, max: 1s}}", "has a 'min' above its 'max'; exchange them"),
    .init("max_backlog: 50", "delay: {const: 1s, share: 2}", "delay.share' must be a number between 0.01 and 1.0, not '2'"),
    .init(
        "max_backlog: 50", "delay: {const: 1s}", "small.yaml:16: 'fifo_per_producer' does not hold where tasks overtake each"),
    .init(
        "{clients: 3, do: [{set: {path: /pool-}}, {get: {path: /pool-}}]}",
        "{clients: 3, do: [{enqueue: {queue: /q/jobs-, delay: {const: 1s}}}]}",
        "'/q/jobs-' gets items with and without priority or delay; give both or none of its 'enqueue' such keys"),
    .init("[no_loss, ", "[not_early, ", "small.yaml:16: 'not_early' says something of delays, and no 'enqueue' has a 'delay'"),
    .init("[no_loss, ", "[mutual_exclusion, ", "small.yaml:16: 'mutual_exclusion' says something of locks, and no role has"),
    .init("[no_loss, ", "[mutual_exclusio, ", "not 'mutual_exclusio'; did you mean 'mutual_exclusion'?"),
    .init("max_backlog: 50", "via: server", "small.yaml:10: 'roles.producer.do[0].enqueue.via': 'server' belongs to the format"),
    .init("[{set: {path: /pool-}}, {get: {path: /pool-}}]", "[]", "small.yaml:12: 'roles.writer.do' is empty"),
    .init(
        "{get: {path: /pool-}}", "{take: {queue: /q/jobs-}}", "12: 'enqueue' and 'take' each need a role of their own"),
    .init("{get: {path: /pool-}}", "{delete: {path: /made}}", "small.yaml:12: 'delete' removes what the role created"),
    .init(
        "{get: {path: /pool-}}", "{create: {path: pool}}", "small.yaml:12: 'roles.writer.do[1].create.path' must be an absolute"),
    .init("{get: {path: /pool-}}", "{create: {path: /a//b}}", "must be an absolute znode path"),
    .init("{get: {path: /pool-}}", "{create: {path: /a, mode: sequental}}", "did you mean 'sequential'?"),
    .init("{get: {path: /pool-}}", "{delete: {under: /pool-}}", "small.yaml:12: 'delete' removes what the role created"),
    .init(
        "{get: {path: /pool-}}", "{create: {under: /pool-, path: /made}}",
        "'roles.writer.do[1].create' has both 'path' and 'under'; keep one of the two"),
    .init("{get: {path: /pool-}}", "{create: {under: /poll-}}", "which 'data.tree' does not lay out; did you mean '/pool-'?"),
    .init(
        "{get: {path: /pool-}}", "{create: {under: /pool-, mode: sequential}}", "take out 'mode: sequential'"),
    .init(
        "{get: {path: /pool-}}", "{create: {path: /made, name_length: 9}}",
        "12: 'roles.writer.do[1].create.name_length' goes with 'under'"),
    .init(
        "{get: {path: /pool-}}", "{create: {under: /pool-, name_length: 7}}",
        "'roles.writer.do[1].create.name_length' must lie between 8 and 24, not 7"),
    .init(
        "{get: {path: /pool-}}", "{create: {under: /pool-, name_length: {min: 9, max: 8}}}",
        "'roles.writer.do[1].create.name_length.max' must lie between 9 and 24, not 8"),
    .init("{get: {path: /pool-}}", "{multi: {ops: []}}", "'roles.writer.do[1].multi.ops' has 0 operations; a multi has 1"),
    .init("{get: {path: /pool-}}", "{multi: {size: 3}}", "small.yaml:12: 'roles.writer.do[1].multi' needs the key 'ops'"),
    .init(
        "{get: {path: /pool-}}", "{multi: {ops: [{set: {path: /pool-}, weight: 2}]}}",
        "'roles.writer.do[1].multi.ops[0].weight' has no effect without 'size'; add 'size: {min: 3, max: 7}'"),
    .init(
        "{get: {path: /pool-}}", "{multi: {size: 3, ops: [{set: {path: /pool-}}]}}",
        "'roles.writer.do[1].multi.ops[0]' needs the key 'weight'"),
    .init(
        "{get: {path: /pool-}}", "{multi: {size: {min: 3, max: 129}, ops: [{set: {path: /pool-}, weight: 1}]}}",
        "'roles.writer.do[1].multi.size.max' must lie between 3 and 128, not 129"),
    .init(
        "{get: {path: /pool-}}", "{multi: {ops: [{get: {path: /pool-}}]}}",
        "12: unknown key 'get' in 'roles.writer.do[1].multi.ops[0]'; did you mean 'set'?"),
    .init(
        "{get: {path: /pool-}}", "{multi: {ops: [{delete: {path: /made}}]}}",
        "12: the key 'delete' in 'roles.writer.do[1].multi.ops[0]' belongs to the format but does not work yet"),
    .init(
        "{get: {path: /pool-}}", "{multi: {ops: [{check: {path: /pool-, version: 1}}]}}",
        "12: the key 'version' in 'roles.writer.do[1].multi.ops[0].check' belongs to the format but does not work yet"),
    .init(
        "{get: {path: /pool-}}", "{multi: {ops: [{check: {path: /pool-}, set: {path: /pool-}}]}}",
        "must be one operation, as in"),
    .init("clients: 2, do", "clients: 3, do", "small.yaml:16: 'fifo_per_producer' can only be seen when one worker takes"),
    .init(
        "{size: 1KiB}", "{size: 39B}", "10: items carry producer and sequence, so 'payload.size' must be at least 40B"),
    .init("{size: 1KiB}", "{size: 1024}", "small.yaml:8: 'payload.size' must be a size with its unit"),
    .init("{size: 1KiB}", "{size: 2MB}", "small.yaml:8: 'payload.size' must lie between 0B and 1000000B"),
    .init("{size: 1KiB}", "{size: [1KiB, 2KiB]}", "small.yaml:8: a bare list is a sweep, which quorate bench does"),
    .init("{size: 1KiB}", "{size: {empirical: x}}", "small.yaml:8: the key 'empirical' in 'payload.size' belongs to the format"),
    .init("for: 500ms", "for: 500", "small.yaml:14: 'phases[0].for' must be a duration with its unit"),
    .init("for: 500ms", "for: 0s", "small.yaml:14: a phase lasts at least 1ms"),
    .init(
        "for: 2m,", "for: 2m, steady: {metric: rat},", "15: 'phases[1].steady.metric' must be response.p50, rate, not 'rat';"),
    .init("for: 2m,", "for: 2m, steady: {},", "small.yaml:15: 'phases[1].steady' needs the key 'metric'"),
    .init("for: 2m,", "for: 2m, steady: {metric: rate, slop: 1%/1s},", "unknown key 'slop' in 'phases[1].steady'; did you mean"),
    .init(
        "for: 2m,", "for: 2m, steady: {metric: rate, slope: 2%},",
        "15: 'phases[1].steady.slope' must be a percentage of the mean in a time, such as 2%/10s, not '2%'"),
    .init("for: 2m,", "for: 2m, steady: {metric: rate, slope: 2/10s},", "must be a percentage of the mean in a time"),
    .init("for: 2m,", "for: 2m, steady: {metric: rate, min: 2s},", "is a number of whole seconds from 3s to 600s, not 2s"),
    .init("for: 2m,", "for: 2m, steady: {metric: rate, min: 3500ms},", "is a number of whole seconds from 3s to 600s"),
    .init("for: 2m,", "for: 2m, steady: {metric: rate, max: 6s},", "needs a 'max' that is at least 2s longer than its 'min', 5s"),
    .init("for: 500ms,", "for: 500ms, steady: {metric: rate},", "14: 'phases[0].steady' says when to begin recording, and the"),
    .init("for: 2m,", "for: 2m, reconnect: true, steady: {metric: rate},", "where all connections are lost nothing is steady"),
    .init("name: steady", "name: warm", "small.yaml:15: a phase named 'warm' exists already"),
    .init(
        "[writer, producer]", "[writter]",
        "small.yaml:15: 'phases[1].roles[0]' must be producer, worker, writer, not 'writter'; did you mean 'writer'?"),
    .init("[writer, producer]", "[writer, writer]", "small.yaml:15: the role 'writer' stands twice in the phase"),
    .init("[writer, producer]", "[]", "small.yaml:15: in the phase 'steady' nobody sends anything; name a role, or let it be a"),
    .init("[no_loss, ", "[no_loss, no_loss, ", "small.yaml:16: the check 'no_loss' stands twice"),
    .init(
        "{size: 1KiB}", "{lognormal: {median: 1KiB, sigma: 1}}",
        "small.yaml:8: a distribution is one of sizes: write 'payload: {size: {lognormal: ...}}'"),
    .init("for: 2m,", "for: 2m, record: false,", "small.yaml:14: no phase is recorded"),
    .init("for: 2m,", "for: 2m, faults: [],", "small.yaml:15: the key 'faults' in 'phases[1]' belongs to the format"),
    .init("[no_loss, ", "[no_los, ", "small.yaml:16: 'check[0]' must be no_loss"),
    .init("count: 2", "count: 0", "small.yaml:6: 'data.tree[0].count' must lie between 1 and 5000000, not 0"),
    .init("/pool-, count", "/q/jobs-, count", "small.yaml:7: the path '/q/jobs-' stands twice in the tree"),
    .init("seed: 7", "target: {tls: on}", "small.yaml:3: 'target.tls' needs the file of the servers' authority; write"),
    .init("seed: 7", "target: {tls: {cert: m.pem}}", "small.yaml:3: "),
    .init("seed: 7", "target: {tls: {ca: ca.pem, cert: m.pem}}", "small.yaml:3: 'target.tls' needs both 'cert' and 'key'"),
    .init("seed: 7", "target: {tls: {authority: ca.pem}}", "small.yaml:3: unknown key 'authority' in 'target.tls'"),
    .init("for: 500ms,", "for: 500ms, reconnect: often,", "small.yaml:14: 'phases[0].reconnect' must be true or false"),
    .init("seed: 7", "target: {session_timeout: 5ms}", "small.yaml:3: a session time-out lies between 100ms and 1h"),
    .init("seed: 7", "name: twice", "small.yaml:2: the key 'name' stands twice; keep one of the two"),
    .init("seed: 7", "seed: 'open", "small.yaml:"),
    .init("seed: 7", "[a]: 7", "small.yaml:3: a key must be a plain word"),
]

@Suite struct WorkloadErrorTests {
    @Test(arguments: mistakes)
    fileprivate func aMistakeIsNamedWithItsPlaceAndRemedy(mistake: Mistake) throws {
        #expect(smallWorkload.contains(mistake.original))
        let text = smallWorkload.replacingFirst(mistake.original, with: mistake.replacement)
        let error = try #require(throws: WorkloadError.self) { try read(text) }
        #expect(error.description.contains(mistake.sentence), "\(error.description)")
        #expect(!error.description.contains("\n"))
    }

    @Test(arguments: [
        (
            "roles.producer.piepline=3",
            "--set roles.producer.piepline=3: unknown key 'piepline' in 'roles.producer'; did you mean"
        ),
        ("roles.producer.clients=x", "--set roles.producer.clients=x: 'roles.producer.clients' must be a whole number, not 'x'"),
        ("phases.stedy.for=1s", "the list 'phases' has no element 'stedy'; did you mean 'steady'?"),
        ("seed.of=1", "'seed' is a single value and has nothing named 'of' in it"),
        ("seed", "is not of the form path=value"),
        ("=5", "is not of the form path=value"),
        ("seed=", "has no value after '='"),
        ("roles..x=1", "has an empty step in its path"),
        ("seed=[1", "--set seed=[1: is not YAML here"),
        ("rolls.x=1", "unknown key 'rolls'; did you mean 'roles'?"),
    ])
    func aWrongOverrideIsNamed(setting: String, sentence: String) throws {
        let error = try #require(throws: WorkloadError.self) { try read(smallWorkload, [setting]) }
        #expect(error.description.contains(sentence), "\(error.description)")
    }

    @Test func aMissingFileIsOneSentence() throws {
        let error = try #require(throws: WorkloadError.self) { try Workload(file: "/nowhere/at-all.yaml") }
        #expect(
            error.description
                == "/nowhere/at-all.yaml: can not be read: No such file or directory; give the path of a workload file")
        let folder = try #require(throws: WorkloadError.self) { try Workload(file: "/") }
        #expect(folder.description == "/: can not be read: Is a directory; give the path of a workload file")
    }

    /// It has no end, so it is read no further than a workload can be long.
    @Test func aFileWithoutAnEndIsRefused() throws {
        #expect(throws: WorkloadError.self) { try Workload(file: "/dev/zero") }
    }

    @Test(arguments: [
        "", "   \n", "# only a comment\n", "just a word", "[1, 2]", "- a\n- b", "a: &x [1]\nb: *x", "\u{0}", "a: \u{7}",
        "---\na: 1\n---\nb: 2",
        "%YAML 9.9\n---\na: 1", "? [a]\n: b", "a: *nobody", "!!binary x", "\t- x",
    ])
    func oddDocumentsAreRefused(text: String) {
        #expect(throws: WorkloadError.self) { try read(text) }
    }

    @Test func deepAndLargeDocumentsAreRefusedBeforeTheyAreRead() {
        #expect(throws: WorkloadError.self) { try read(String(repeating: "[", count: 200_000)) }
        #expect(throws: WorkloadError.self) { try read(String(repeating: "- ", count: 200_000)) }
        #expect(throws: WorkloadError.self) { try read(String(repeating: "{a: ", count: 200_000)) }
        #expect(throws: WorkloadError.self) { try read(String(repeating: "a: 1\n", count: 400_000)) }
        var bomb = "a0: &a0 [x, x]\n"
        for level in 1..<25 { bomb += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
        #expect(throws: WorkloadError.self) { try read(bomb) }
    }

    /// Any cut and any flipped byte of a valid file yields a workload or a complaint, never a trap.
    @Test func damagedFilesNeverTrap() {
        let bytes = Array(smallWorkload.utf8)
        for length in stride(from: 0, to: bytes.count, by: 3) {
            _ = try? read(String(decoding: bytes[..<length], as: UTF8.self))
        }
        for position in stride(from: 0, to: bytes.count, by: 2) {
            var damaged = bytes
            damaged[position] ^= UInt8(1 << (position % 8))
            _ = try? read(String(decoding: damaged, as: UTF8.self))
        }
    }
}

extension String {
    fileprivate func replacingFirst(_ original: String, with replacement: String) -> String {
        guard let range = range(of: original) else { return self }
        return replacingCharacters(in: range, with: replacement)
    }
}
