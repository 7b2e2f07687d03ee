"""The words by which the needs-reply rules know thanks, questions, requests, complaints and spam.

Everything here is written as `words_of` leaves it: small letters, no accents, no apostrophes, words between single
blanks. One line per language: English, Spanish, German, French, Portuguese, Italian, Polish, Dutch, then a few words of
Russian and Turkish. Languages that do not part their words with blanks have a table of their own below. To teach a rule
a phrase, add it here and raise the rule's version in `needs_reply`.
"""

from __future__ import annotations

THANKS = """
thanks | thank you | thank u | thx | thnx | tnx | ty | tysm | many thanks | cheers | much appreciated
appreciate it
gracias | muchas gracias | mil gracias | muchisimas gracias | te lo agradezco | se agradece | agradecido
agradecida
danke | dankeschon | danke schon | danke sehr | vielen dank | besten dank | herzlichen dank | tausend dank
merci
merci | merci beaucoup | mille mercis | un grand merci | je vous remercie | je te remercie
obrigado | obrigada | muito obrigado | muito obrigada | brigado | brigada | obg | valeu | agradecido
agradecida
grazie | grazie mille | mille grazie | molte grazie | tante grazie | vi ringrazio | ti ringrazio
dziekuje | dziekuje bardzo | bardzo dziekuje | dzieki | dziekujemy | wielkie dzieki | serdecznie dziekuje
dank je | dank je wel | dankjewel | dank u | dank u wel | bedankt | hartelijk dank | hartelijk bedankt
heel erg bedankt
спасибо | большое спасибо | благодарю
tesekkurler | tesekkur ederim | sagol | cok tesekkurler
شكرا | شكرا جزيلا | شكرا لكم | شكرا لك | ألف شكر | مشكورين | مشكور | يعطيكم العافية | يعطيك العافية | تسلم | تسلموا
"""

# What may stand beside thanks without making it anything more.
BESIDE_THANKS = """
a | all | again | so | very | much | lot | lots | million | ton | you | u | for | the | your | that | this
it | is | was
help | reply | answer | quick | fast | support | info | information | great | perfect | awesome | super
lovely | nice
good | best | amazing | cool | wonderful | excellent | ok | okay | oh | yes | no | yay | hi | hello | guys
team | sir
dear | really | everything | anyway | and | to | love | have | day | evening | weekend | bye | works | now
sorted | solved
muy | amable | amables | por | la | su | tu | ayuda | respuesta | rapida | todo | genial | perfecto | vale
si | a
ustedes | vosotros | equipo | saludos | un | saludo | buen | dia | y | excelente | atencion | de | nuevo
fur | die | das | ihre | deine | eure | schnelle | hilfe | antwort | ruckmeldung | alles | toll | prima
klasse | gut
perfekt | ja | nein | ihnen | dir | euch | liebes | und | schonen | tag | abend | noch | liebe | grusse
gruss | lg | vg
pour | votre | ta | ton | aide | reponse | rapide | tout | c est | cest | parfait | super | bien | oui | non
a | vous
toi | lequipe | bonne | journee | soiree | et | encore | beaucoup | vraiment | tres | gentil
pela | pelo | sua | seu | ajuda | resposta | tudo | otimo | perfeito | sim | nao | voces | voce | equipe | bom
dia | e
per | il | la | vostro | vostra | tuo | tua | aiuto | risposta | tutto | perfetto | ottimo | si | voi | a
buona
giornata | e | gentilissimi | gentile | gentili | ancora | davvero | bene
za | pomoc | odpowiedz | szybka | wszystko | super | swietnie | tak | nie | wam | panstwu | i | milego | dnia
pozdrawiam
voor | de | het | je | jullie | uw | hulp | antwoord | reactie | snelle | alles | top | fijn | ja | nee | en
fijne | dag
за | помощь | ответ | вам | всё | все | и
yardiminiz | icin | cok
على | الرد | السريع | المساعدة | ممتاز | رائع | جميل | كل | شيء | نعم | لا | و | لكم | لك
"""

# Thanks that mean the opposite.
IRONY = """
for nothing | for ignoring | for the lies | for wasting
por nada
fur nichts | fur gar nichts | danke auch
pour rien
por nada
per niente | di niente | di nulla
za nic
voor niets | voor niks
"""

QUESTIONS = """
how | how much | how many | where | when | why | who | which | what | is it | is there | are there | are you
do you
does | did you | can i | could i | may i | will you | would you | have you | has anyone | is this | any idea
wondering
como | cuando | donde | por que | quien | cual | cuanto | cuantos | cuanta | que precio | tienen | hay
se puede | puedo
wie | wann | wo | warum | wieso | weshalb | wer | welche | welcher | welches | was kostet | gibt es | habt ihr
haben sie
kann ich | kann man | konnt ihr | konnen sie | ist das | sind die
comment | quand | ou est | ou sont | pourquoi | qui | quel | quelle | combien | est ce que | estce que
avez vous
avezvous | puis je | puisje | peut on | y a t il
como | quando | onde | por que | porque nao | quem | qual | quanto | quantos | tem | voces tem | posso | da para
come | quando | dove | perche | chi | quale | quanto | quanti | avete | ce | posso | si puo
jak | kiedy | gdzie | dlaczego | czemu | kto | ktory | ile | czy | macie
hoe | wanneer | waar | waarom | wie | welke | hoeveel | hebben jullie | kan ik | mag ik | is er | zijn er
как | когда | где | почему | кто | какой | сколько | есть ли | можно ли
nasil | ne zaman | nerede | neden | kim | hangi | ne kadar | var mi
متى | أين | كيف | كم | لماذا | هل
"""

REQUESTS = """
please | pls | plz | help me | need help | i need | i want | i would like | id like | can you | could you
let me know
get back to me | contact me | call me | message me | send me | tell me | check your dm | dm me
sent you a message
my order | my refund | refund | cancel | stop | urgent | my account | my ticket | my booking | price
info pls | interested
por favor | necesito | quiero | quisiera | me gustaria | me pueden | me puede | pueden | ayuda | ayudenme
mi pedido
reembolso | mi cuenta | precio | informacion | escribanme | contactenme | respondan
bitte | ich brauche | ich mochte | ich hatte gern | ich will | konnten sie | konntet ihr | hilfe
meine bestellung
mein konto | erstattung | ruckerstattung | meldet euch | melden sie sich | preis | kundigen | stornieren
svp | s il vous plait | sil vous plait | sil te plait | stp | j ai besoin | jai besoin | je voudrais | je veux
aidez moi | aidezmoi | ma commande | mon compte | remboursement | remboursez | contactez | contactezmoi | prix
por favor | pfv | preciso | quero | gostaria | me ajudem | ajuda | meu pedido | minha conta | reembolso | preco
respondam | me chamem | cancelar
per favore | per piacere | ho bisogno | vorrei | voglio | aiuto | aiutatemi | il mio ordine | rimborso | prezzo
contattatemi | rispondete | il mio account
prosze | potrzebuje | chcialbym | chcialabym | chce | pomocy | moje zamowienie | zwrot | cena | odpowiedzcie
kontakt
alstublieft | alsjeblieft | aub | svp | ik wil | ik heb nodig | ik zou graag | help | mijn bestelling
terugbetaling
mijn account | prijs | neem contact | bel mij | bel me | annuleren
пожалуйста | помогите | мне нужно | хочу | мой заказ | верните | цена
lutfen | istiyorum | yardim | siparisim | iade | fiyat
"""

COMPLAINTS = """
broken | not working | doesnt work | does not work | didnt work | isnt working | stopped working | wont work
faulty
defective | damaged | never arrived | not arrived | hasnt arrived | didnt arrive | still waiting | no reply
no response
no answer | ignored | ignoring | terrible | horrible | awful | worst | disgusting | disappointed | disappointing
unacceptable | scam | fraud | rip off | ripoff | rude | useless | complaint | complain | never again
wrong size
wrong item | overcharged | charged twice | lost my | missing | late again | shame on you | poor service
bad service
roto | no funciona | no sirve | no llego | no ha llegado | sigo esperando | nadie responde | no responden
pesimo
pesima | horrible | fatal | estafa | vergüenza | verguenza | decepcionado | decepcionada | decepcion | queja
reclamo
reclamacion | peor | malisimo | danado | defectuoso | nunca mas
kaputt | defekt | funktioniert nicht | geht nicht | nicht angekommen | warte immer noch | warte noch immer
warte seit
keine antwort | niemand antwortet | katastrophe | schlecht | schlechter | furchtbar | enttauscht | enttauschend
unverschamt | betrug | frechheit | beschwerde | beschadigt | nie wieder | abzocke | unmoglich | falsch geliefert
casse | en panne | ne marche pas | ne fonctionne pas | marche pas | pas recu | jamais recu | toujours pas
aucune reponse | sans reponse | horrible | nul | honteux | honte | decu | decue | decevant | arnaque | plainte
reclamation | pire | inadmissible | inacceptable | scandaleux | abime | endommage | plus jamais
quebrado | quebrada | nao funciona | nao chegou | ainda espero | estou esperando | ninguem responde | pessimo
pessima
horrivel | decepcionado | decepcionada | decepcao | golpe | reclamacao | vergonha | pior | danificado
nunca mais
rotto | rotta | non funziona | non e arrivato | mai arrivato | sto ancora aspettando | nessuno risponde
pessimo
pessima | orribile | deluso | delusa | delusione | truffa | reclamo | vergogna | peggiore | danneggiato
mai piu
zepsute | zepsuty | nie dziala | nie dotarla | nie doszlo | nadal czekam | wciaz czekam | brak odpowiedzi
nikt nie
fatalny | fatalna | tragedia | okropny | rozczarowany | rozczarowana | oszustwo | reklamacja | najgorszy
uszkodzone
nigdy wiecej | skandal | wstyd
kapot | werkt niet | doet het niet | niet ontvangen | niet aangekomen | nog steeds | wacht nog | geen antwoord
geen reactie | slecht | slechte | vreselijk | verschrikkelijk | teleurgesteld | oplichting | oplichters | klacht
schandalig | beschadigd | nooit meer | belachelijk
не работает | сломан | сломалось | не пришел | жду | ужасно | ужас | обман | жалоба | хуже | разочарован
calismiyor | bozuk | gelmedi | berbat | rezalet | sikayet | dolandirici | bekliyorum
"""

GREETINGS = """
hi | hello | hey | hiya | dear | good morning | good afternoon | good evening | attention
hola | buenas | buenos dias | buenas tardes | estimados | estimado
hallo | guten tag | guten morgen | guten abend | moin | servus | liebes team | sehr geehrte
bonjour | bonsoir | salut | coucou | chers | cher
ola | oi | bom dia | boa tarde | boa noite | prezados
ciao | salve | buongiorno | buonasera | gentili | gentile
czesc | dzien dobry | witam | hej | szanowni
hallo | hoi | goedemorgen | goedemiddag | goedenavond | goedendag | beste
привет | здравствуйте | добрый день
merhaba | selam | iyi gunler
"""

SPAM = """
click here | click the link | link in bio | link in my bio | earn money | make money | work from home
passive income
per week from home | investment opportunity | crypto | bitcoin | forex | binary options | trading signals
promote it on
promote your | get more followers | free followers | grow your followers | buy followers | dm to collab
collab with us
text me on | join my channel | hot girls | xxx | sugar daddy | loan approved | instant loan
lost funds | hacker | seo services | giveaway winner | you won | you have won | claim your prize | casino
betting tips
gana dinero | gane dinero | inversion | criptomonedas | trabaja desde casa | consigue seguidores
geld verdienen | kryptowahrung | schnell reich | kredit ohne schufa | mehr follower
gagner de l argent | gagnez de largent | revenu passif | pret entre particulier | cryptomonnaie
ganhe dinheiro | renda extra | criptomoedas | ganhar seguidores
guadagna | soldi facili | criptovalute | prestito tra privati
zarabiaj | szybka pozyczka | kryptowaluty | darmowi obserwujacy
geld verdienen | snel rijk | lening zonder
"""

LAUGHTER = frozenset({"lol", "lmao", "rofl", "xd", "mdr", "ptdr", "rsrs", "kkk", "hihi", "lool"})
LAUGHTER_LETTERS = tuple(frozenset(letters) for letters in ("ha", "ja", "he", "hi", "je", "k", "xd", "rs", "w", "ха"))

# No blanks between words: looked for anywhere in the text.
THANKS_UNPARTED = (
    "谢谢",
    "謝謝",
    "多谢",
    "多謝",
    "感谢",
    "感謝",
    "ありがとう",
    "有難う",
    "감사합니다",
    "고마워",
    "ขอบคุณ",
)
ASKED_UNPARTED = (
    *("吗", "嗎", "什么", "什麼", "怎么", "怎麼", "为什么", "為什麼", "哪里", "哪裡", "多少", "请问", "請問", "几点"),
    *("ですか", "ますか", "でしょうか", "いつ", "どこ", "なぜ", "いくら", "ください", "教えて"),
    *(
        "언제",
        "어디",
        "왜",
        "얼마",
        "나요",
        "까요",
        "주세요",
        "ไหม",
        "เท่าไหร่",
        "ที่ไหน",
        "เมื่อไหร่",
    ),
)
