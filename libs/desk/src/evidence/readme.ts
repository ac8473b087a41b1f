/** What lies in every bundle, so that it explains itself when nothing of ours is at hand. */
export const README = `授权证据包 / Evidence bundle of one grant
==========================================

manifest.json 列出每个文件的 SHA-256；manifest.jws 是市场证书密钥（Ed25519）对 manifest.json 原始字节的签名。
manifest.json lists the SHA-256 of every part; manifest.jws is a signature over its very bytes by the market's certificate key
(Ed25519), as a compact JWS of type bodega-evidence+jws.

文件 / Parts
  grant.json            授权 / the grant and its parties
  terms.json            冻结条款（规范 JSON），其 SHA-256 即 grant.json 的 termsHash / the frozen terms; their SHA-256 is termsHash
  terms.txt             被接受的文本，其 SHA-256 即 terms.json 的 text.sha256 / the text that was accepted
  acceptance.json       何人何时接受哪些条款 / who accepted which terms when
  grant-events.jsonl    授权的每一步 / every step of its life
  certificates.jsonl    证书（VC-JWT）/ certificates
  status-lists.jsonl    当时的吊销与暂停列表 / revocation and suspension as of then
  jwks.json             市场公布的公钥 / public keys of the market
  leases.csv            每次签发的下载租约 / every lease, with the bytes issued
  served.csv            实际送达（UTC 小时 × 租约）/ what was served, by hour and lease; only this counts
  log/leaves.jsonl      关于此授权的日志叶子、可公开的私有记录与包含证明 / leaves about it, private records that you may see, proofs
  log/checkpoint        已签名的检查点 / the signed checkpoint
  log/vkeys.txt         日志验证公钥 / verifier keys of the log

isWithheld: true 表示该私有记录属于另一方，仅以哈希出现。
isWithheld: true means that the record is another party's and shows by its hash alone.

验证 / How to check
1. 全部一次 / All at once, with the network off:
     bodega audit check FILE.zip
   公钥应另行取得后比对 / Compare the keys with ones that you have by another way:
     bodega audit check FILE.zip --key THUMBPRINT --log-key VKEY
2. 仅用 Python 标准库核对文件 / The parts, with Python's standard library:
     python3 -c "import zipfile,json,hashlib,sys; z=zipfile.ZipFile(sys.argv[1]); m=json.loads(z.read('manifest.json')); bad=[p['name'] for p in m['parts'] if hashlib.sha256(z.read(p['name'])).hexdigest()!=p['sha256']]; print(bad or 'every part as listed')" FILE.zip
3. 用 OpenSSL 核对签名 / The signature, with OpenSSL 3 (in a folder where FILE.zip is unpacked):
     python3 - <<'END'
     import base64, json
     d = lambda t: base64.urlsafe_b64decode(t + '=' * (-len(t) % 4))
     h, p, s = open('manifest.jws').read().split('.')
     assert d(p) == open('manifest.json', 'rb').read()
     kid = json.loads(d(h))['kid']
     x = next(k['x'] for k in json.load(open('jwks.json'))['keys'] if k['kid'] == kid)
     open('key.der', 'wb').write(bytes.fromhex('302a300506032b6570032100') + d(x))
     open('signed', 'wb').write((h + '.' + p).encode()); open('sig', 'wb').write(d(s))
     END
     openssl pkeyutl -verify -pubin -inkey key.der -keyform DER -rawin -in signed -sigfile sig
4. 每个叶子 / Each leaf: SHA-256(0x00 + leaf) 由 proof（C2SP tlog-proof）引至 checkpoint 的根；
   SHA-256(salt + privateRecord) 等于叶子中的 private。
   SHA-256(0x00 + leaf) leads by its proof (C2SP tlog-proof) to the root in the checkpoint;
   SHA-256(salt + privateRecord) is what the leaf names as "private".
`;
