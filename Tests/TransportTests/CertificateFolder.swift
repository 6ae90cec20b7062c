// A folder of certificates for tests, removed with its owner.

import Glibc
import Testing
import Transport

final class CertificateFolder {
    let path: String
    let authority: DevelopmentCA

    init(_ requests: [CertificateRequest] = [.member("member")]) throws {
        var template = Array("/tmp/quorate-tls-XXXXXX".utf8CString)
        path = try #require(mkdtemp(&template).map { String(cString: $0) })
        authority = try DevelopmentCA.make(directory: path, requests: requests)
    }

    deinit {
        guard let folder = opendir(path) else { return }
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            unlink("\(path)/\(name)")
        }
        closedir(folder)
        rmdir(path)
    }

    func configuration(_ name: String = "member") -> TLSConfiguration {
        TLSConfiguration(
            authorityFile: authority.certificateFile, certificateFile: authority.certificateFile(of: name),
            keyFile: authority.keyFile(of: name))
    }

    func context(_ name: String = "member") throws -> TLSContext { try TLSContext(configuration(name)) }
}

extension CertificateRequest {
    static func member(_ name: String, hosts: [String] = ["localhost", "127.0.0.1"]) -> CertificateRequest {
        CertificateRequest(name: name, hosts: hosts)
    }
    func valid(from: Int, until: Int) -> CertificateRequest {
        var request = self
        request.validFrom = from
        request.validUntil = until
        return request
    }
}
