// Servers of somebody's that are loaded for a moment and get their tree back as it was.

package import Ensemble
package import LoadGenerator

package enum LoadedTarget {
    /// Throws where something lies already in the place that a load is to have: it is somebody's.
    package static func check(_ hosts: [String], cancel: CancelFlag) throws(EnsembleError) {
        let name = String(RunningServers.chroot.dropFirst())
        do throws(LoadError) {
            guard try RunningTree(hosts: hosts, cancel: cancel).rootChildren().contains(name) else { return }
        } catch {
            throw EnsembleError(.notServing, error.description)
        }
        throw EnsembleError(
            .unusable, "the servers hold \(RunningServers.chroot) already, which another load has left; \(remedy(hosts))")
    }

    /// Throws where no server is left that opens a session: what was measured is their end, and no speed.
    package static func checkThatItAnswers(_ hosts: [String], cancel: CancelFlag) throws(EnsembleError) {
        do throws(LoadError) {
            _ = try RunningTree(hosts: hosts, cancel: cancel).rootChildren()
        } catch {
            throw EnsembleError(.notServing, "the servers were gone before the load was over, as \(error.description)")
        }
    }

    /// Returns what is to be said if it stays behind. It is done even after the user has ended the load.
    package static func clean(_ hosts: [String]) -> String? {
        do throws(LoadError) {
            _ = try RunningServers.clean(hosts: hosts, cancel: CancelFlag())
            return nil
        } catch {
            return "\(RunningServers.chroot) stays behind, as \(error.description); \(remedy(hosts))"
        }
    }

    private static func remedy(_ hosts: [String]) -> String {
        "remove it with: quorate bench --clean \(hosts.joined(separator: ","))"
    }
}
