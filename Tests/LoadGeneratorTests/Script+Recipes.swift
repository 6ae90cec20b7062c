// What the scripted server does for recipes: ephemeral znodes, watches on a znode's end, lists that hide something, a create
// carried out twice, a task whose delay is forgotten.

import Foundation
import Transport

extension Script {
    func exists(_ request: Wire.Reader, _ xid: Int32, _ id: ConnectionID) {
        let path = request.text()
        if request.flag() { deletionWatchers[path, default: []].insert(id) }
        let znode = tree[path]
        answer(id, xid, error: znode == nil ? -101 : 0, body: znode.map { stat($0, size: $0.data.count) } ?? [])
    }

    func tellDeleted(_ path: String) {
        guard let watchers = deletionWatchers.removeValue(forKey: path), misbehaviour.firesWatches else { return }
        for watcher in watchers where hasShaken.contains(watcher) {
            recipeCounts.deletionEvent += 1
            if recipeCounts.deletionEvent == misbehaviour.skipDeletionEvent { continue }
            answer(watcher, -1, zxid: -1, body: Wire.int32(2) + Wire.int32(3) + Wire.text(path))
        }
    }

    /// The name of a task without the sixteen digits of its due instant.
    func hastened(_ path: String) -> String {
        String(path.dropLast(17)) + String(repeating: "0", count: 16) + "-"
    }

    /// What was just created turns up once more under the parent's next number.
    func createAgain(_ path: String, in parent: String) {
        let again = path.dropLast(10) + String(format: "%010d", tree[parent]!.created)
        tree[parent]!.created += 1
        tree[String(again)] = tree[path]
        tree[parent]!.children.insert((String(again) as NSString).lastPathComponent)
    }

    /// Removes the ephemeral znodes of a session.
    func endSession(_ session: Int64) {
        guard session != 0 else { return }
        for (path, znode) in tree where znode.owner == session {
            let parent = (path as NSString).deletingLastPathComponent
            zxid += 1
            tree[path] = nil
            tree[parent]?.children.remove((path as NSString).lastPathComponent)
            fire(parent)
            tellDeleted(path)
        }
    }

    /// The children that a client is shown.
    func shown(of znode: Znode, at path: String, to id: ConnectionID) -> [String] {
        let children = Array(znode.children)
        let ephemerals = children.filter { tree[path + "/" + $0].map { $0.owner != 0 } ?? false }
        guard ephemerals.count > 1 else { return children }
        recipeCounts.crowdedList += 1
        let own = ephemerals.filter { tree[path + "/" + $0]!.owner == sessions[id] }
        if let first = ephemerals.min(by: { $0.suffix(10) < $1.suffix(10) }), own.contains(first) {
            recipeCounts.frontList += 1
            if recipeCounts.frontList == misbehaviour.breakAfterFrontList { closing.insert(id) }
        }
        return recipeCounts.crowdedList >= misbehaviour.hideOthersFromList ? own : children
    }
}
