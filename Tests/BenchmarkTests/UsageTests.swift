// What a user gets wrong on the command line, by command: one line that names the place and the remedy, exit code 64, and nothing
// begun or left behind. And an output that can't be written, which must not pass for success.

import Ensemble
import Foundation
import Results
import Testing

@Suite(.serialized) struct UsageTests {
    @Test(arguments: [
        (["bench", ""], "an argument is empty; leave it out, or see: quorate bench --help"),
        (["bench", "--out", ""], "--out has an empty value; give it one or leave it out"),
        (["bench", "--data-dir="], "--data-dir has an empty value"),
        (["bench", "--nodes", "0"], "--nodes must list sizes from 1 to 15, such as 1,3,5, not '0'."),
        (["bench", "--nodes", "-1"], "--nodes must list sizes from 1 to 15, such as 1,3,5, not '-1'."),
        (["bench", "--nodes"], "Missing value for '--nodes <nodes>' (Ensemble sizes; 1,3,5 if none are given); see: "),
        (["bench", "--quick", "-1"], "see: quorate bench --help"),
        (["bench", "a", "b"], "Unexpected argument 'b'; see: quorate bench --help"),
        (["bench", "WORKLOAD", "--data-dir", "/dev/null", "--out", "PLACE/out"], "/dev/null can't be made: Not a directory"),
        (
            ["bench", "--target", "etcd"],
            "--target takes quorate, zookeeper and addresses as host:port, separated by commas, not 'etcd'."
        ),
        (["bench", "--target", "quorate,quorate"], "--target names 'quorate' twice."),
        (["bench", "--target", "127.0.0.1:x"], "'127.0.0.1:x' is not an address of the form host:port"),
        (
            ["bench", "WORKLOAD", "--require-steady"],
            "--require-steady is for phases with 'steady', of which 'tiny' has none; leave it"
        ),
        (
            ["bench", "WORKLOAD", "--set", "seed=[1, 2]", "--repeat", "2"],
            "Lists of values in a workload are tried on one target, once each and in one piece; take --repeat 1."
        ),
        (["bench", "WORKLOAD", "--set", "seed=[1, 1]"], "'seed' names '1' twice"),
        (["bench", "--repeat", "0"], "--repeat must be from 1 to 100, not 0; see: "),
        (["bench", "--rounds", "101"], "--rounds must be from 1 to 100, not 101; see: "),
        (["bench", "--zookeeper-floor", "-1"], "--zookeeper-floor"),
        (["bench", "--zookeeper-floor=-1"], "--zookeeper-floor must be writes/s from 0 to 1000000000, or for each size"),
        (["bench", "--zookeeper-floor", "3=1000,5"], "--zookeeper-floor must be writes/s"),
        (["bench", "--zookeeper-floor", "3=1000,3=2000"], "--zookeeper-floor must be writes/s"),
        (["bench", "--generators", "0"], "--generators must be from 1 to 100, not 0; see: "),
        (["bench", "WORKLOAD", "--generators", "2"], "in this workload there is nothing to divide over 2 generators, as roles"),
        (["bench", "--nodes", "3,3"], "--nodes names a size twice: '3,3'; for several runs of each use --repeat."),
        (
            ["bench", "--zookeeper-tls"],
            "--zookeeper-tls is for the target zookeeper, which --target does not name; leave it out."
        ),
        (["bench", "--target-is-mine"], "--target-is-mine is for servers that run already, which --target does not name"),
        (
            ["bench", "--target", "127.0.0.1:1", "--link-delay", "1ms"],
            "--link-delay is for servers that are started, which --target does not name; leave it out."
        ),
        (
            ["bench", "--link-delay", "1ns"],
            "--link-delay must be a duration from 1us to 1s with its unit, such as 2ms, not '1ns'."
        ),
        (["bench", "--target", "127.0.0.1:1,127.0.0.1:01", "--quick"], "--target names the server 127.0.0.1:1 twice"),
        (["bench", "--clean", ","], "--clean names no server; give at least one as host:port."),
        (["bench", "write-only", "--clean", "127.0.0.1:1"], "--clean measures nothing; leave the workload and --target out."),
        (["bench", "a\u{1b}[2Jb"], "There is no workload 'a\\u{1B}[2Jb'"),
        (["bench", "--clean", "x"], "'x' is not an address of the form host:port"),
        (["compare", "PLACE/x"], "One result alone can't be compared; name two, or none for the two newest."),
        (["compare", "PLACE/x", "PLACE/y"], "x can't be read: No such file or directory."),
        (["compare", "WORKLOAD", "WORKLOAD"], "tiny.yaml is no result that this version reads: it is not JSON."),
        (["compare", "--threshold", "5k"], "--threshold must be from 0.1% to 90%, such as 5%, not '5k'."),
        (["compare", "--metrics", "speed"], "--metrics knows no figure 'speed'; there are writes_per_s, "),
        (["compare", "live", "--nodes", "0"], "--nodes must be from 1 to 15, not 0; see: "),
        (["compare", "live", "--runs", "0"], "--runs must be from 1 to 100, not 0; see: "),
        (["compare", "live", "WORKLOAD", "--new-program", "PLACE/none"], "none is no program that can be run; name a quorate"),
        (["compare", "live", "WORKLOAD", "--new-setting", "tickTimes=3"], "--setting tickTimes=3: "),
        (["tune", "--nodes", "16"], "--nodes must be from 1 to 15, not 16; see: "),
        (["tune", "--candidates", "1"], "--candidates must be from 2 to 24, not 1; see: "),
        (["tune", "--target", "etcd"], "--target must be quorate or zookeeper, not 'etcd'; see: "),
        (["tune", "WORKLOAD", "--knob", "a"], "--knob must have the form key=value,value with different values, not 'a'."),
        (["tune", "WORKLOAD", "--knob", "a=1", "--knob", "a=2"], "--knob names a twice; give all its values at once"),
        (["tune", "WORKLOAD", "--knob", "maxBatchSizes=1"], "--setting maxBatchSizes=1: "),
        (["capacity", "WORKLOAD"], "Missing expected argument '--slo <objective>'"),
        (
            ["capacity", "WORKLOAD", "--slo", "fast"],
            "--slo must be p50, p90, p99 or p999 <= a duration, or errors <= a percentage"
        ),
        (["capacity", "gate", "--slo", "p99<=5ms", "--rounds", "3"], "--rounds is an option of quorate bench and means nothing"),
        (["capacity", "gate", "--slo", "p99<=5ms", "--set", "roles.pacer.arrivals=closed"], "write --set roles.pacer.arrivals="),
        (["capacity", "gate", "--slo", "p99<=5ms", "--target", "quorate,zookeeper"], "measures one target at a time"),
        (["capacity", "gate", "--slo", "p99<=5ms", "--window", "1ms"], "--window must be a duration from 500ms to 60s"),
        (["doctor", "--class", "xxl"], "--class must be s, m, l or xl, not 'xxl'; see: quorate doctor --help"),
        (["doctor", "--for", "1ms"], "--for must be a duration from 500ms to 60s, not '1ms'; see: "),
        (["doctor", "--write"], "--write is for servers that --target names; leave it out; see: "),
        (
            ["doctor", "--target", "a:1", "--class", "s"],
            "--class loads the servers of --target with writes; allow that with --write"
        ),
        (["doctor", "--target", "127.0.0.1:1,127.0.0.1:1"], "--target names '127.0.0.1:1' twice."),
        (["doctor", "--target", ","], "--target names no server; give at least one as host:port."),
        (["doctor", "--target", "127.0.0.1:x"], "'127.0.0.1:x' is not an address of the form host:port"),
        (["doctor", "--disk", ""], "--disk has an empty value; give it one or leave it out"),
        (["load"], "Missing expected argument '<workload>' (A workload's name or file); see: quorate load --help"),
        (["load", ""], "an argument is empty"),
        (["load", "/"], "/: can not be read: Is a directory; give the path of a workload file"),
        (
            ["load", "/nowhere/x.yaml"],
            "There is no workload '/nowhere/x.yaml'; known are config-read-mostly, controller-metadata, gate, keeper-prod-mix, "
                + "leader-lost, locks, messages, reconnect-storm, replication-queue, snapshot-gap, task-dispatch, task-scheduling, windows, "
                + "work-queue-backlog, work-queue-fanout, write-only."
        ),
        (["load", "WORKLOAD", "--connect", ""], "--connect has an empty value"),
        (["load", "WORKLOAD", "--connect", ","], "no server is named; give at least one as host:port"),
        (["load", "WORKLOAD", "--connect", "[::1"], "'[::1' has no host name or address before the port; write host:port, and"),
        (["load", "WORKLOAD", "--connect", "::1:2181"], "and an IPv6 address as [::1]:2181"),
        (["load", "WORKLOAD", "--connect", "a b:1"], "'a b:1' has no host name or address before the port"),
        (["load", "WORKLOAD", "--connect", "a:-1"], "'a:-1' is not an address of the form host:port"),
        (["load", "WORKLOAD", "--seed", "-1"], "The value '-1' is invalid for '--seed <seed>'"),
        (["load", "WORKLOAD", "--generators", "x"], "The value 'x' is invalid for '--generators <n>'"),
        (["load", "WORKLOAD", "--generators", "-1"], "--generators must be from 1 to 100, not -1; see: "),
        (
            ["load", "WORKLOAD", "--generators", "2", "--connect", "a:1"],
            "in this workload there is nothing to divide over 2 generators, as roles that have queues, locks or messages in common "
                + "stay together in one process, and no other role has several clients; leave --generators out"
        ),
        (
            ["load", "WORKLOAD", "--generators", "2", "--record", "PLACE/t", "--connect", "a:1"],
            "--record needs one generator, which sees all sessions; leave --generators or --record out"
        ),
        (["replay", "PLACE/none", "--show"], "can not be read: No such file or directory; give the path of a trace"),
        (["replay", "WORKLOAD", "--connect", "a:1"], "is no trace: it begins neither with 'quorate-trace' nor with a line of"),
        (["replay", "WORKLOAD", "--connect", "a:1", "--speed", "fast"], "--speed must be a factor from 0.001x to 1000x such as"),
        (["replay", "WORKLOAD"], "no server is named; give --connect host:port,..., or --show to read the trace"),
        (["load-part"], "is started by quorate load --generators, which tells it what to do"),
        (["load", "WORKLOAD", "--for", "-5s"], "--for must be a duration of at least 1ms with its unit"),
        (["load", "WORKLOAD", "--for", "0s"], "--for must be a duration of at least 1ms with its unit"),
        (["ensemble", "--nodes", "-1"], "--nodes must be from 1 to 15, not -1."),
        (["ensemble", "--nodes", "16"], "--nodes must be from 1 to 15, not 16."),
        (["ensemble", "--nodes", "x"], "(How many members, 1 to 15); see: quorate ensemble --help"),
        (["ensemble", "--data-dir", ""], "--data-dir has an empty value"),
        (["certs", "--hosts", "a", "--out", ""], "--out has an empty value"),
        (["certs", "--hosts", "a,,b", "--out", "PLACE/c"], "--hosts has an empty name in 'a,,b'"),
        (["serve", "--config", ""], "--config has an empty value"),
        (["serve", "--config", "-1"], "-1: There is no such file."),
        (
            ["bnech"],
            "there is no command 'bnech'; the nearest is bench, and all are bench, capacity, certs, chaos, compare, doctor, "
                + "ensemble, export, handover, history, load, replace, replay, report, serve, simulate, tune."
        ),
        (["help", "nothing"], "there is no command 'nothing'"),
        (["--frobnicate"], "Unknown option '--frobnicate'; see: quorate --help"),
    ])
    func isAnsweredInOneLine(arguments: [String], sentence: String) throws {
        let tool = try Tool()
        #expect(try tool.quorate(arguments) == .exited(code: 64), "\(tool.output)")
        #expect(tool.output.contains(sentence), "\(tool.output)")
        #expect(tool.output.hasPrefix("quorate") && tool.output.hasSuffix("\n"))
        #expect(tool.output.split(separator: "\n").count == 1)
    }

    @Test(
        arguments: [
            ("quorate.nonsense=1", "quorate.nonsense is not a key that ZooKeeper or Quorate knows."),
            ("maxClientCnxn=1", "maxClientCnxn is not a key that ZooKeeper or Quorate knows. The nearest is maxClientCnxns."),
            ("tickTime=soon", "tickTime is 'soon', which is not a whole number. Write for example tickTime=2000."),
            ("tickTime=-1", "tickTime is -1, but has to be from 1 to 3600000."),
            ("quorate.heartbeatMs=", "quorate.heartbeatMs is '', which is not a whole number."),
            ("minSessionTimeout=500000", "The shortest session time-out, 500000 ms, is longer than the longest"),
        ], ["bench", "ensemble"])
    func aSettingThatNoMemberWouldTakeIsRefusedBeforeAnyIsStarted(setting: (text: String, says: String), command: String) throws {
        let tool = try Tool()
        let place = command == "bench" ? ["--out", "\(tool.place)/out"] : ["--data-dir", "\(tool.place)/out"]
        #expect(try tool.quorate([command, "--setting", setting.text] + place) == .exited(code: 64), "\(tool.output)")
        #expect(tool.output.hasPrefix("quorate: --setting \(setting.text): \(setting.says)"), "\(tool.output)")
        #expect(tool.output.split(separator: "\n").count == 1)
        #expect(tool.folders.isEmpty, "nothing was begun")
    }

    @Test(arguments: ["--version", "--help", "certs --hosts a --out PLACE/full", "bench WORKLOAD --nodes 1 --out PLACE/out"])
    func anOutputThatCanNotBeWrittenIsAnError(arguments: String) throws {
        let tool = try Tool()
        #expect(try tool.shell("\"$0\" \(arguments) >/dev/full") == .exited(code: 74), "\(tool.output)")
        #expect(tool.output.hasSuffix("quorate: The output can't be written: No space left on device; \(OutputTail.text)"))
        #expect(tool.folders.isEmpty)
        let closed = arguments.replacing("PLACE/full", with: "PLACE/closed")
        #expect(try tool.shell("\"$0\" \(closed) >&-") == .exited(code: 74), "\(tool.output)")
        #expect(tool.output.hasSuffix("quorate: The output can't be written: it is closed; \(OutputTail.text)"))
        #expect(tool.folders.isEmpty)
    }

    private enum OutputTail {
        static let text = "send it elsewhere, for example: quorate ... >FILE\n"
    }

    /// `head` and the like: no trap, no complaint, and no member that goes on.
    @Test func aReaderThatHasSeenEnoughIsNoError() throws {
        let tool = try Tool()
        let bench = "\"$0\" bench WORKLOAD --nodes 1,2,3 --quick --out PLACE/out"
        let end = try tool.shell("{ \(bench); echo \"code $?\" >&2; } | head -n 1")
        #expect(end == .exited(code: 0))
        #expect(tool.output.contains("code 141\n"), "\(tool.output)")
        #expect(!tool.output.contains("can't be written"))
        let document = try #require(try tool.documents.first)
        #expect(document.status == .partial && document.cells.count < 3)
        #expect(tool.data.isEmpty)
    }
}
