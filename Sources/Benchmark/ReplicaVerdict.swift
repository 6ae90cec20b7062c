// Rule A3 from outside: members that have applied the same must have come to the same state. What is compared is only what
// stands at the same zxid; a member that is behind is said to be behind, not different.

package import Results

extension ResultCell {
    /// Takes in how the members stood after `seconds` of waiting for all to have applied the same, and judges. Only of a run that
    /// was ended early nothing need be known.
    package mutating func judgeReplicas(_ found: [ResultMember], waitedSeconds seconds: Int) {
        members = found
        let (passed, sentence) = Self.verdict(found, seconds)
        checks.append(ResultCheck(name: "replicas_agree", passed: passed ?? (isPartial ? nil : false), sentence: sentence))
    }

    private static func verdict(_ found: [ResultMember], _ seconds: Int) -> (passed: Bool?, sentence: String) {
        var digests: [UInt64: [String: [Int]]] = [:]
        var silent: [Int] = []
        for member in found {
            if let place = member.zxid.flatMap({ UInt64($0.dropFirst(2), radix: 16) }), let digest = member.digest {
                digests[place, default: [:]][digest, default: []].append(member.id)
            } else {
                silent.append(member.id)
            }
        }
        let places = digests.keys.sorted()
        for place in places where digests[place]!.count > 1 {
            let sides = digests[place]!.map { "\(list($0.value)) \($0.key)" }.sorted().joined(separator: ", ")
            return (false, "the members' states differ at zxid \(text(place)): \(sides)")
        }
        guard silent.isEmpty, let newest = places.last else { return (nil, "\(list(silent)) could not be asked for the state") }
        guard places.count > 1 else {
            return (true, "all \(found.count) members came to the same state at zxid \(text(newest))")
        }
        let behind = places.dropLast().map { place in
            let who = digests[place]!.values.flatMap { $0 }.sorted()
            return "\(list(who)) lag\(who.count == 1 ? "s" : "") at zxid \(text(place))"
        }
        let others = "others are at \(text(newest)), after \(seconds) s"
        return (nil, "\(behind.joined(separator: ", ")), \(others), so the states can't be compared")
    }

    private static func list(_ members: [Int]) -> String {
        (members.count == 1 ? "member " : "members ") + members.map(String.init).joined(separator: ", ")
    }

    private static func text(_ zxid: UInt64) -> String { "0x" + String(zxid, radix: 16) }
}
