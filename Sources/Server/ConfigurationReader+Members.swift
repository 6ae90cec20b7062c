// The members of the ensemble and what counts as a quorum of them: `server.N`, `weight.N`, `group.N`, `peerType`,
// `quorate.commitQuorum` and `quorate.minCopies`, against each other.

import Zab

extension ConfigurationReader {
    mutating func members() -> [ConfigurationMember] {
        asked.insert("server.*")
        var members: [ConfigurationMember] = []
        var lines: [Int: Int] = [:]
        var ports: [String: Int] = [:]
        for entry in memberEntries {
            do throws(ConfigurationMemberObjection) {
                let member = try ConfigurationMember(number: String(entry.key.dropFirst("server.".count)), value: entry.value)
                if let line = lines[member.id] {
                    fail(entry.line, "\(entry.key) stands on line \(line) already.", remedy: "Remove one of the two lines.")
                    continue
                }
                lines[member.id] = entry.line
                for port in [member.quorumPort, member.electionPort] {
                    let place = "\(member.host):\(port)"
                    if let other = ports.updateValue(member.id, forKey: place), other != member.id {
                        fail(
                            entry.line, "\(entry.key) and server.\(other) share \(place).",
                            remedy: "Give each member on one host ports of its own.")
                    }
                }
                members.append(member)
            } catch {
                fail(entry.line, error.sentence, remedy: error.remedy)
            }
        }
        return weighed(members.sorted { $0.id < $1.id })
    }

    // MARK: Weights and groups

    private mutating func weighed(_ members: [ConfigurationMember]) -> [ConfigurationMember] {
        asked.formUnion(["weight.*", "group.*"])
        var members = members
        for entry in voteEntries {
            if entry.key.hasPrefix("weight.") { take(weight: entry, &members) } else { take(group: entry, &members) }
        }
        return members
    }

    private mutating func take(weight entry: ConfigurationEntry, _ members: inout [ConfigurationMember]) {
        guard let index = voter(String(entry.key.dropFirst("weight.".count)), members, entry) else { return }
        members[index].weight = ConfigurationKind.integer(entry.value) ?? 1
    }

    private mutating func take(group entry: ConfigurationEntry, _ members: inout [ConfigurationMember]) {
        guard let number = Int(entry.key.dropFirst("group.".count)), (1...255).contains(number) else {
            return fail(
                entry.line, "\(entry.key) does not name a group: the number has to be from 1 to 255.",
                remedy: "Write for example group.1=\(entry.value).")
        }
        for id in entry.value.split(separator: ":", omittingEmptySubsequences: false) {
            guard let index = voter(id.filter { $0 != " " }, members, entry) else { continue }
            if let other = members[index].group {
                fail(
                    entry.line, "server.\(members[index].id) stands in group.\(other) already.",
                    remedy: "Leave it in one of the two.")
            }
            members[index].group = number
        }
    }

    /// The index of the voter that a line of weights or groups speaks of.
    private mutating func voter(_ id: String, _ members: [ConfigurationMember], _ entry: ConfigurationEntry) -> Int? {
        guard let index = members.firstIndex(where: { String($0.id) == id }) else {
            fail(
                entry.line, "\(entry.key) speaks of member '\(id)', and there is no line server.\(id).",
                remedy: "Add that line, or correct the number.")
            return nil
        }
        guard !members[index].isObserver else {
            fail(
                entry.line, "\(entry.key) speaks of server.\(id), which is an observer and never counts.",
                remedy: "Remove it there, or write :participant in its server line.")
            return nil
        }
        return index
    }

    /// As ZooKeeper has it: the list of servers counts.
    mutating func judgePeerType(_ me: ConfigurationMember?) {
        guard let type = text("peerType"), let entry = values["peerType"], let me, (type == "observer") != me.isObserver else {
            return
        }
        let role = me.isObserver ? "observer" : "participant"
        warn(entry, "peerType is \(type), but server.\(me.id) says \(role), which counts. Make the two agree.")
    }

    // MARK: Quorums

    mutating func commitQuorum(members: [ConfigurationMember]) -> ServerConfiguration.CommitQuorum {
        guard let name = text("quorate.commitQuorum") else { return .half }
        let voters = max(1, members.count { !$0.isObserver })
        let wanted = min(voters, integer("quorate.minCopies", 2))
        let number = ConfigurationKind.integer(name)
        let copies = number ?? (name == "half" ? (voters + 1) / 2 : voters / 2 + 1)
        if copies < wanted, members.allSatisfy({ $0.weight == 1 && $0.group == nil }) {
            fail(
                values["quorate.commitQuorum"]?.line ?? 0,
                "quorate.commitQuorum=\(name) would acknowledge writes with \(copies) of \(voters) copies, "
                    + "below quorate.minCopies=\(wanted).",
                remedy: "Remove the line, or write quorate.minCopies=\(copies) to allow it.")
        }
        return number.map { .copies($0) } ?? (name == "half" ? .half : .majority)
    }

    /// The exact test of decision D2, and the number of copies that is asked for at least.
    mutating func judgeQuorums(_ configuration: ServerConfiguration) {
        guard problems.isEmpty else { return }
        do {
            _ = try configuration.founding
        } catch {
            let keys = ["quorate.commitQuorum", "quorate.minCopies"]
            let line = keys.compactMap { values[$0]?.line }.first ?? voteEntries.first?.line ?? memberEntries.first?.line ?? 0
            fail(line, "\(error).", remedy: "Correct that, on every member alike.")
        }
    }
}
