// The operation numbers of the client protocol: what a request header's `type` and a multi part's `type` may hold.
// What each operation means is DataTree's business; which of them a server answers itself is Node's.

package enum OpCode {
    package static let notification: Int32 = 0
    package static let create: Int32 = 1
    package static let delete: Int32 = 2
    package static let exists: Int32 = 3
    package static let getData: Int32 = 4
    package static let setData: Int32 = 5
    package static let getACL: Int32 = 6
    package static let setACL: Int32 = 7
    package static let getChildren: Int32 = 8
    package static let sync: Int32 = 9
    package static let ping: Int32 = 11
    package static let getChildren2: Int32 = 12
    package static let check: Int32 = 13
    package static let multi: Int32 = 14
    package static let create2: Int32 = 15
    package static let reconfig: Int32 = 16
    package static let checkWatches: Int32 = 17
    package static let removeWatches: Int32 = 18
    package static let createContainer: Int32 = 19
    package static let deleteContainer: Int32 = 20
    package static let createTTL: Int32 = 21
    package static let multiRead: Int32 = 22
    package static let auth: Int32 = 100
    package static let setWatches: Int32 = 101
    package static let sasl: Int32 = 102
    package static let getEphemerals: Int32 = 103
    package static let getAllChildrenNumber: Int32 = 104
    package static let setWatches2: Int32 = 105
    package static let addWatch: Int32 = 106
    package static let whoAmI: Int32 = 107
    /// Result type of a failed part of a multi; also the end marker of both multi framings.
    package static let error: Int32 = -1
    package static let attachSession: Int32 = -9
    package static let createSession: Int32 = -10
    package static let closeSession: Int32 = -11
    package static let founding: Int32 = -20
    package static let configuration: Int32 = -21

    /// Handlers other than the tree own op codes from here on.
    package static let firstOfHandlers: Int32 = 1000
}
