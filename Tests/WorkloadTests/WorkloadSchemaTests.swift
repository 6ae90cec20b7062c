// Tests of docs/workload.schema.json: all shipped files pass, it has the keys that the reader has, at every place and the other
// way round, and what is wrong is so for both.

import Foundation
import Testing
import Workload

private let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

/// Every mapping of the format stands in one of these.
private let everything = """
    apiVersion: quorate/v1
    name: everything
    seed: 7
    target: {driver: zookeeper, connect: ["127.0.0.1:2181"], session_timeout: 10s, tls: {ca: ca.pem, cert: c.pem, key: k.pem}}
    data: {tree: [{path: /pool-, count: 10, size: 100B}, {path: /one}, {path: /tasks}, {path: /topic}, {path: /jobs}]}
    payload: {size: PAYLOAD}
    roles:
      chooser:
        clients: 2
        think: {exp: 2ms}
        do:
          - {set: {path: /pool-, pick: {zipf: 1.1}}}
          - {get: {path: /pool-, pick: {hotset: {share: 0.1, of_requests: 0.9}}}}
          - {create: {under: /pool-, name_length: {min: 8, max: 9}, mode: ephemeral}}
          - {delete: {under: /pool-}}
      mixer:
        pipeline: 2
        arrivals: {burst: {rate: 5/s, on: 1s, off: 1s}, poisson: true}
        mix:
          - {multi: {size: {min: 1, max: 3}, ops: [{set: {path: /one}, weight: 1}, {check: {path: /one}, weight: 2}]}, weight: 1}
          - {exists: {path: /one}, weight: 2}
          - {list: {path: /one, pick: uniform}, weight: 2}
      packer:
        arrivals: {ramp: {from: 0/s, to: 5/s}}
        do: [{multi: {ops: [{create: {path: /made-}}, {set: {path: /one}}, {check: {path: /one}}]}}]
      climber: {arrivals: {steps: {from: 1/s, by: 1/s, every: 1s}}, do: [{set: {path: /one}}]}
      stepper: {arrivals: {steps: [{rate: 1/s, for: 1s}, {rate: 0/s}]}, do: [{set: {path: /one}}]}
      boss: {do: [{enqueue: {queue: /tasks, priority: {list: [{value: 1, weight: 2}, 5]}, delay: DELAY}}]}
      taker: {do: [{take: {queue: /tasks, via: recipe}}]}
      producer: {do: [{enqueue: {queue: /jobs, max_backlog: 9}}]}
      locker: {do: [{lock: {path: /pool-, hold: 1ms}}]}
      speaker: {do: [{publish: {topic: /topic, keep: 5, max_backlog: 50}}]}
      listener: {do: [{subscribe: {topic: /topic}}]}
    phases:
      - {name: first, for: 5s, roles: [chooser], steady: {metric: response.p50, slope: 2%/10s, min: 5s, max: 60s}}
      - {name: second, for: 5s, record: false, rate_scale: 0.5, reconnect: true}
    check: [no_loss, replicas_agree]
    """

private let payloads = [
    "100B", "{list: [{size: 100B, weight: 3}, 1KiB]}", "{uniform: {min: 40B, max: 162B}}", "{exp: {mean: 1KiB, min: 40B}}",
    "{lognormal: {median: 400B, p99: 4KiB, min: 40B}}",
]
private let delays = [
    "{uniform: {min: 0ms, max: 5ms}, share: 0.5}", "{exp: {mean: 1ms, max: 1s}}", "{list: [{value: 1ms, weight: 2}, 5ms]}",
    "{const: 1s}", "{const: 0.5s}",
]
private let faults =
    "[{at: 1s, fault: delay, role: [1, 2], for: 1s, delay: 20ms, jitter: 5ms}, {at: 3s, fault: kill-all, for: 1s}]"

private let documents: [String] = {
    let varied = zip(payloads, delays).map { everything.replacing("PAYLOAD", with: $0).replacing("DELAY", with: $1) }
    let steady = ", steady: {metric: response.p50, slope: 2%/10s, min: 5s, max: 60s}"
    let harmed = varied[0].replacing(steady, with: "") + "\nfaults: \(faults)\n"
    let trace = checkout.appendingPathComponent("workloads/traces").path
    let name = (try? FileManager.default.contentsOfDirectory(atPath: trace))?.sorted().first { $0.hasSuffix(".trace") } ?? "none"
    let replay = "apiVersion: quorate/v1\nname: again\nreplay: {trace: \(trace)/\(name), speed: 2x}\ncheck: [same_results]\n"
    return varied + [harmed, replay]
}()

@Suite struct WorkloadSchemaTests {
    private let schema: JSONSchema

    init() throws {
        let text = try String(contentsOf: checkout.appendingPathComponent("docs/workload.schema.json"), encoding: .utf8)
        schema = JSONSchema(root: try JSONValue(yaml: text))
    }

    @Test func everyShippedFilePasses() throws {
        let folder = checkout.appendingPathComponent("workloads")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".yaml") }
        #expect(files.count >= 11)
        for file in files {
            let text = try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
            let problems = schema.problems(try JSONValue(yaml: text))
            #expect(problems.isEmpty, "\(file): \(problems)")
        }
    }

    @Test(arguments: documents.indices)
    func whatTheReaderTakesPasses(index: Int) throws {
        _ = try read(documents[index])
        let problems = schema.problems(try JSONValue(yaml: documents[index]))
        #expect(problems.isEmpty, "\(problems)")
    }

    // MARK: keys

    /// A mapping of a document, and the schema's name for it.
    private struct Mapping {
        let name: String
        let steps: [JSONStep]
        let keys: Set<String>
    }

    private func mappings(_ value: JSONValue, _ schema: JSONValue, _ name: String, _ steps: [JSONStep]) -> [Mapping] {
        let reference = schema.object?["$ref"]?.text?.split(separator: "/").last.map(String.init)
        let (rule, name) = (self.schema.resolved(schema), reference ?? name)
        if let chosen = rule.object?["anyOf"]?.list?.first(where: { self.schema.fits(value, $0) }) {
            return mappings(value, chosen, name, steps)
        }
        switch value {
        case .object(let entries):
            let branches = (rule.object?["oneOf"]?.list ?? []).filter { self.schema.fits(value, $0) }
            let below = entries.flatMap { key, part -> [Mapping] in
                let rules = ([rule] + branches).compactMap { $0.object?["properties"]?.object?[key] }
                let others = rules.isEmpty ? [rule.object?["additionalProperties"]].compactMap(\.self) : rules
                return others.flatMap { mappings(part, $0, name + "." + key, steps + [.key(key)]) }
            }
            guard let properties = rule.object?["properties"]?.object, rule.object?["type"] != nil else { return below }
            return [Mapping(name: name, steps: steps, keys: Set(properties.keys))] + below
        case .list(let items):
            guard let each = rule.object?["items"] else { return [] }
            return items.enumerated().flatMap { mappings($1, each, name + "[]", steps + [.place($0)]) }
        default: return []
        }
    }

    /// The keys that the reader names when it finds one in this mapping that it does not know.
    private func readerKeys(_ document: JSONValue, _ mapping: Mapping) throws -> Set<String> {
        let odd = String(repeating: "z", count: 30)
        let text = document.adding(odd, at: mapping.steps[...]).json
        let error = try #require(throws: WorkloadError.self) { try read(text) }
        let parts = error.description.components(separatedBy: "; the keys are ")
        #expect(parts.count == 2 && parts[0].contains("unknown key '\(odd)'"), "\(mapping.name): \(error.description)")
        return Set((parts.last ?? "").components(separatedBy: ", "))
    }

    @Test func schemaAndReaderHaveTheSameKeysEverywhere() throws {
        var visited: Set<String> = []
        for text in documents {
            let document = try JSONValue(yaml: text)
            for mapping in mappings(document, schema.root, "file", []) {
                // The weight of what is drawn belongs to the list, and is taken off before an operation is read.
                let own = ["mixed", "drawnPart"].contains(mapping.name) ? mapping.keys.subtracting(["weight"]) : mapping.keys
                let known = try readerKeys(document, mapping)
                #expect(known == own, "\(mapping.name): the reader has \(known.sorted()), the schema \(own.sorted())")
                visited.insert(mapping.name)
            }
        }
        let named = (schema.root.object?["$defs"]?.object ?? [:]).filter { $0.value.object?["properties"] != nil }.map(\.key)
        #expect(visited == Set(named + ["file"]), "\(Set(named).subtracting(visited)) stand in no document")
    }

    // MARK: what is wrong

    @Test(arguments: [
        ("seed: 7", "sede: 7"), ("seed: 7", "seed: -1"), ("seed: 7", "seed: many"), ("quorate/v1", "quorate/v2"),
        ("name: small", "name: a b"), ("name: small\n", ""), ("clients: 2, pipeline", "clients: 0, pipeline"),
        ("clients: 2, pipeline", "clients: 1.5, pipeline"), ("pipeline: 16", "piepline: 16"), ("{rate: 90/m}", "{rate: 90}"),
        ("{rate: 90/m}", "{rate: 0/s}"), ("{rate: 90/m}", "{}"), ("{rate: 90/m}", "open"),
        ("{rate: 90/m}", "{rate: 9/s, poisson: 9/s}"),
        ("{rate: 90/m}", "{rate: 9/s, ramp: {from: 1/s, to: 2/s}}"), ("{rate: 90/m}", "{burst: {rate: 9/s, on: 1s}}"),
        ("{rate: 90/m}", "{poisson: true}"), ("{rate: 90/m}", "{ramp: {from: 1/s, to: 2/s}, poisson: 9/s}"),
        ("{rate: 90/m}", "{steps: []}"), ("{rate: 90/m}", "{steps: {from: 1/s, by: 0/s, every: 1s}}"),
        ("clients: 2, do", "clients: 2, think: 5, do"), ("clients: 2, do", "clients: 2, think: {const: 1s, exp: 1s}, do"),
        ("{take:", "{tak:"), ("{take: {queue: /q/jobs-}}", "{take: {}}"), ("{take: {queue: /q/jobs-}}", "{take: {queue: jobs}}"),
        ("do: [{set:", "mix: [{set:"), ("do: [{set:", "mix: [], do: [{set:"), ("{get: {path: /pool-}}", "{get: {}}"),
        ("{get: {path: /pool-}}", "{get: {path: /pool-, pick: {zipf: 0}}}"),
        ("{get: {path: /pool-}}", "{get: {path: /pool-, pick: {zipf: 1, hotset: {share: 0.1, of_requests: 0.9}}}}"),
        ("{get: {path: /pool-}}", "{create: {path: /a, under: /pool-}}"),
        ("{get: {path: /pool-}}", "{create: {path: /a, mode: ttl}}"),
        ("{get: {path: /pool-}}", "{multi: {ops: []}}"), ("{get: {path: /pool-}}", "{multi: {ops: [{get: {path: /pool-}}]}}"),
        ("{get: {path: /pool-}}", "{multi: {size: 2, ops: [{set: {path: /pool-}}]}}"),
        ("{get: {path: /pool-}}", "{multi: {ops: [{set: {path: /pool-}, weight: 1}]}}"),
        ("{size: 1KiB}", "{size: 1024}"), ("{size: 1KiB}", "{size: {exp: {}}}"),
        ("{size: 1KiB}", "{size: {const: 1B, exp: {mean: 1B}}}"),
        ("for: 500ms", "for: 500"), ("for: 500ms, ", ""), ("for: 2m,", "for: 2m, steady: {},"),
        ("for: 2m,", "for: 2m, steady: {metric: rate, slope: 2},"), ("for: 2m,", "for: 2m, reconnect: often,"),
        ("[no_loss, ", "[no_los, "), ("count: 2", "count: 0"), ("phases:", "pahses:"), ("seed: 7", "replay: {trace: a.trace}"),
        ("seed: 7", "faults: [{at: 1s, fault: kil, role: leader, for: 1s}]"),
        ("seed: 7", "faults: [{fault: kill, role: leader}]"),
        ("seed: 7", "target: {driver: etcd}"), ("seed: 7", "target: {tls: {cert: a}}"),
    ])
    func whatIsWrongIsSoForBoth(original: String, replacement: String) throws {
        #expect(smallWorkload.contains(original))
        let text = smallWorkload.replacing(original, with: replacement, maxReplacements: 1)
        #expect(throws: WorkloadError.self) { try read(text) }
        #expect(try !schema.problems(JSONValue(yaml: text)).isEmpty)
    }

    @Test func theUnbrokenOnePasses() throws {
        #expect(try schema.problems(JSONValue(yaml: smallWorkload)).isEmpty)
        // a keyword that nobody looks at must not pass for one that is kept
        let odd = JSONSchema(root: .object(["uniqueItems": .flag(true)]))
        #expect(!odd.problems(.list([])).isEmpty)
    }
}
