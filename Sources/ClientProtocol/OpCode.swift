// The operation numbers of the client protocol: what a request header's `type` and a multi part's `type` may hold.
// What each operation means is DataTree's business; which of them a server answers itself is Node's.

package enum OpCode {
    @inlinable package static var notification: Int32 { 0 }
    @inlinable package static var create: Int32 { 1 }
    @inlinable package static var delete: Int32 { 2 }
    @inlinable package static var exists: Int32 { 3 }
    @inlinable package static var getData: Int32 { 4 }
    @inlinable package static var setData: Int32 { 5 }
    @inlinable package static var getACL: Int32 { 6 }
    @inlinable package static var setACL: Int32 { 7 }
    @inlinable package static var getChildren: Int32 { 8 }
    @inlinable package static var sync: Int32 { 9 }
    @inlinable package static var ping: Int32 { 11 }
    @inlinable package static var getChildren2: Int32 { 12 }
    @inlinable package static var check: Int32 { 13 }
    @inlinable package static var multi: Int32 { 14 }
    @inlinable package static var create2: Int32 { 15 }
    @inlinable package static var reconfig: Int32 { 16 }
    @inlinable package static var checkWatches: Int32 { 17 }
    @inlinable package static var removeWatches: Int32 { 18 }
    @inlinable package static var createContainer: Int32 { 19 }
    @inlinable package static var deleteContainer: Int32 { 20 }
    @inlinable package static var createTTL: Int32 { 21 }
    @inlinable package static var multiRead: Int32 { 22 }
    @inlinable package static var auth: Int32 { 100 }
    @inlinable package static var setWatches: Int32 { 101 }
    @inlinable package static var sasl: Int32 { 102 }
    @inlinable package static var getEphemerals: Int32 { 103 }
    @inlinable package static var getAllChildrenNumber: Int32 { 104 }
    @inlinable package static var setWatches2: Int32 { 105 }
    @inlinable package static var addWatch: Int32 { 106 }
    @inlinable package static var whoAmI: Int32 { 107 }
    /// Result type of a failed part of a multi; also the end marker of both multi framings.
    @inlinable package static var error: Int32 { -1 }
    @inlinable package static var attachSession: Int32 { -9 }
    @inlinable package static var createSession: Int32 { -10 }
    @inlinable package static var closeSession: Int32 { -11 }
    @inlinable package static var founding: Int32 { -20 }
    @inlinable package static var configuration: Int32 { -21 }

    /// Handlers other than the tree own op codes from here on.
    @inlinable package static var firstOfHandlers: Int32 { 1000 }
}
