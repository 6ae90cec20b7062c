// Certificates and the files they lie in: what DevelopmentCA writes is accepted by the openssl command, what TLSContext
// cannot use is refused with the file and the remedy.

import Glibc
import Testing
import Transport

@Suite("Certificates", .serialized)
struct CertificateTests {
    /// The exit code of a program found by PATH, nil if there is none. Its output goes nowhere.
    private func run(_ words: [String]) -> Int32? {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in [Int32(1), 2] { posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0) }
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var process = pid_t()
        guard posix_spawnp(&process, words[0], &actions, nil, &arguments, environ) == 0 else { return nil }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        return status & 0x7f == 0 ? status >> 8 & 0xff : -1
    }

    @Test("openssl verifies the members' certificates, and only by their own authority")
    func verify() throws {
        let folder = try CertificateFolder([.member("node-1", hosts: ["node-1.example", "127.0.0.1", "::1"])])
        let other = try CertificateFolder()
        let certificate = folder.authority.certificateFile(of: "node-1")
        let verify = ["openssl", "verify", "-x509_strict", "-CAfile"]
        guard let code = run(verify + [folder.authority.certificateFile, certificate]) else {
            print("skipped: there is no openssl command")
            return
        }
        #expect(code == 0)
        #expect(run(verify + [folder.authority.certificateFile, "-purpose", "sslserver", certificate]) == 0)
        #expect(run(verify + [folder.authority.certificateFile, "-purpose", "sslclient", certificate]) == 0)
        #expect(run(verify + [folder.authority.certificateFile, "-verify_hostname", "node-1.example", certificate]) == 0)
        #expect(run(verify + [folder.authority.certificateFile, "-verify_ip", "::1", certificate]) == 0)
        #expect(run(verify + [folder.authority.certificateFile, "-verify_hostname", "node-2.example", certificate]) != 0)
        #expect(run(verify + [other.authority.certificateFile, certificate]) != 0)
    }

    @Test("keys are readable by their owner only")
    func modes() throws {
        let folder = try CertificateFolder()
        for file in ["\(folder.path)/ca-key.pem", folder.authority.keyFile(of: "member")] {
            var info = stat()
            #expect(stat(file, &info) == 0)
            #expect(info.st_mode & 0o777 == 0o600)
        }
    }

    @Test("hosts name the files, and nothing is overwritten")
    func files() throws {
        let folder = try CertificateFolder([])
        let inner = "\(folder.path)"
        let error = #expect(throws: TransportError.self) { try DevelopmentCA.make(directory: inner, hosts: ["a"]) }
        #expect(error?.text == "\(inner)/ca.pem exists already; remove it or choose another directory.")
        unlink("\(inner)/ca.pem")
        unlink("\(inner)/ca-key.pem")
        let authority = try DevelopmentCA.make(directory: inner, hosts: ["n1.example", "10.0.0.1"])
        for file in ["ca.pem", "ca-key.pem", "n1.example.pem", "n1.example-key.pem", "10.0.0.1.pem", "10.0.0.1-key.pem"] {
            #expect(access("\(inner)/\(file)", R_OK) == 0, "\(file) is missing")
        }
        _ = try TLSContext(
            TLSConfiguration(
                authorityFile: authority.certificateFile, certificateFile: authority.certificateFile(of: "10.0.0.1"),
                keyFile: authority.keyFile(of: "10.0.0.1")))
    }

    @Test(
        "names that cannot be are refused before anything is written",
        arguments: [
            (CertificateRequest(name: "a/b", hosts: ["x"]), "'a/b' cannot name a certificate"),
            (CertificateRequest(name: "", hosts: ["x"]), "'' cannot name a certificate"),
            (CertificateRequest(name: "ca", hosts: ["x"]), "belongs to the authority"),
            (CertificateRequest(name: "a", hosts: []), "needs at least one host"),
            (CertificateRequest(name: "a", hosts: ["x,DNS:evil.example"]), "neither a host name nor an address"),
            (CertificateRequest(name: "a", hosts: ["sp ace"]), "neither a host name nor an address"),
        ])
    func badNames(request: CertificateRequest, expected: String) throws {
        let directory = "/tmp/quorate-must-not-exist-\(getpid())"
        let error = #expect(throws: TransportError.self) {
            try DevelopmentCA.make(directory: directory, requests: [.member("fine"), request])
        }
        #expect(error?.text.contains(expected) == true)
        #expect(access(directory, F_OK) != 0)
    }

    @Test("what a context cannot load is refused with the file and the remedy")
    func badFiles() throws {
        let folder = try CertificateFolder([.member("a"), .member("b")])
        let authority = folder.authority
        func refusal(_ change: (inout TLSConfiguration) -> Void) -> String {
            var configuration = folder.configuration("a")
            change(&configuration)
            do throws(TransportError) {
                _ = try TLSContext(configuration)
                return "accepted"
            } catch {
                return error.text
            }
        }
        #expect(
            refusal { $0.authorityFile = "/nowhere/ca.pem" }.hasPrefix("/nowhere/ca.pem, the authority's certificate, cannot"))
        #expect(refusal { $0.authorityFile = authority.keyFile(of: "a") }.contains("holds no authority's certificate"))
        #expect(refusal { $0.authorityFile = nil }.contains("none is configured"))
        #expect(refusal { $0.certificateFile = authority.keyFile(of: "a") }.contains("holds no certificate in PEM form"))
        #expect(refusal { $0.keyFile = authority.certificateFile(of: "a") }.contains("holds no private key"))
        #expect(refusal { $0.keyFile = nil }.contains("without its private key"))
        #expect(refusal { $0.certificateFile = nil }.contains("without its certificate"))
        #expect(refusal { $0.keyFile = authority.keyFile(of: "b") }.contains(authority.keyFile(of: "b")))
        #expect(refusal { $0.cipherSuites = ["TLS_NO_SUCH_SUITE"] }.contains("TLS_NO_SUCH_SUITE"))
        #expect(refusal { _ in } == "accepted")
    }

    @Test("an encrypted key is refused, and nobody is asked for its password")
    func encryptedKey() async {
        // In a process of its own, without a terminal and with the right password as its input: libssl would take it from there.
        await #expect(processExitsWith: .success) {
            let folder = try CertificateFolder()
            let (plain, key) = (folder.authority.keyFile(of: "member"), "\(folder.path)/encrypted.pem")
            let encrypt = ["openssl", "pkcs8", "-topk8", "-in", plain, "-out", key, "-passout", "pass:secret"]
            guard let code = CertificateTests().run(encrypt) else {
                print("skipped: there is no openssl command")
                return
            }
            try #require(code == 0)
            setsid()
            var ends: [Int32] = [0, 0]
            try #require(pipe(&ends) == 0)
            _ = "secret\n".withCString { write(ends[1], $0, 7) }
            close(ends[1])
            dup2(ends[0], 0)
            var configuration = folder.configuration()
            configuration.keyFile = key
            let error = #expect(throws: TransportError.self) { try TLSContext(configuration) }
            #expect(error?.text.contains("\(key) holds no private key") == true)
            #expect(error?.text.contains("It must be the unencrypted PEM key") == true)
        }
    }
}
