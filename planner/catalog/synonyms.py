"""Words that people use for one another when they ask for work: a thesaurus of offices and workshops.

A goal says "let Anna know about the late parcel" where a catalog says "send a notification" and
"shipment". Each line is a group of words that may stand for one another; a word may be in several.
Groups are coarse on purpose: they only decide what a model gets to see, and it picks for itself.
"""

from __future__ import annotations

GROUPS = tuple(
    line.strip()
    for line in """
    add append attach include insert put
    answer reply respond response
    approve accept authorize confirm consent permit sanction sign
    archive shelve retire store preserve
    arrange organize plan prepare schedule
    ask enquire inquire query question request
    assess evaluate examine inspect judge rate review score appraise
    assign allocate delegate give hand designate
    back backup copy duplicate clone replicate mirror snapshot
    begin start launch initiate kick open commence run
    block ban forbid prevent lock suspend freeze blacklist
    book reserve reservation booking appointment
    boost raise increase grow scale enlarge upgrade
    break split divide separate chop segment chunk
    build compile assemble construct make
    buy purchase order procure acquire
    calculate compute work figure determine total sum count tally add
    call phone ring telephone dial
    cancel abort stop revoke withdraw drop void annul
    change alter amend edit modify update adjust revise correct fix set
    chart graph plot diagram visualize draw visualization
    check verify validate test confirm ensure
    choose pick select elect
    classify categorize sort label tag group bucket sorting
    clean cleanse tidy scrub normalize sanitize wash
    close finish complete end resolve conclude finalize wrap
    collect gather assemble pull harvest accumulate
    combine merge join unite consolidate stitch concatenate
    compare contrast diff difference versus against
    compress zip shrink squeeze pack
    connect link attach bind pair associate
    convert transform translate turn change export
    create make generate produce new set write add draft compose register open
    cut trim crop clip prune truncate shorten
    deactivate disable suspend off pause lock
    decline refuse reject deny turn
    decrease lower reduce cut downgrade discount
    delete remove erase discard trash purge wipe destroy clear rid drop
    deliver send ship dispatch forward transmit hand
    deploy release roll publish ship launch
    describe explain outline caption depict
    detect spot find notice recognize identify discover
    dismiss fire terminate sack offboard
    download fetch retrieve get pull grab obtain
    employ hire recruit onboard engage
    encrypt encode cipher protect secure
    enroll register join subscribe sign
    estimate guess forecast predict project expect anticipate
    export dump save extract download output
    extract pull parse get lift scrape mine
    fetch get read retrieve look load show view display see open lookup pull
    file submit lodge
    fill complete populate enter
    filter restrict narrow only keep screen
    find search seek locate look hunt discover lookup query where which
    forward redirect relay pass
    grant allow permit give authorize
    import load upload ingest bring
    inform notify tell alert warn remind announce let message ping know notification
    install set setup deploy configure
    invite ask summon
    list enumerate all overview show index every which
    listen transcribe hear dictate
    lend loan borrow checkout
    measure gauge assess quantify
    monitor watch observe track follow
    move relocate transfer shift migrate
    open unlock reopen
    order rank sort arrange
    outstanding overdue unpaid late due owed
    pay settle remit reimburse payout payment transfer
    post publish announce share put
    print output hardcopy
    promote advance raise upgrade
    propose suggest recommend advise offer
    protect secure guard shield
    publish release issue post live
    question survey poll quiz questionnaire
    receive accept get collect
    record log note register track write capture
    refund reimburse repay return money back
    remind reminder nudge prompt
    rename retitle name
    renew extend prolong continue
    rent lease let hire
    repair fix mend restore service maintain
    replace substitute swap exchange
    report statement summary account overview
    restart reboot relaunch
    restore recover revert undo rollback
    return restitution
    save store keep write persist record
    sell sale
    send mail dispatch transmit deliver email post
    share distribute circulate spread give
    shorten summarize condense abridge digest brief summary recap gist
    show display present visualize
    sign signature endorse
    stop halt end terminate kill shut pause
    subscribe sign follow
    suspend pause hold freeze
    teach train instruct coach
    test try experiment trial
    trace track follow locate
    translate interpret render translation
    unlock release open
    update refresh renew sync modernize
    wait delay postpone defer reschedule move push
    withdraw cancel retract
    write compose draft author pen
    abroad international foreign overseas
    absence leave holiday vacation off sick
    account profile
    address location place where
    advert advertisement ad ads advertising campaign commercial promotion
    agreement contract deal
    airline flight fly plane
    alarm alert warning
    amount quantity number sum
    analysis study examination evaluation analyze analytics
    answer solution result
    applicant candidate
    application app program software
    appointment meeting visit consultation session
    article post blog story
    asset equipment device gear
    audio sound recording voice
    balance funds money
    ban block
    bill invoice charge
    board committee panel
    book title
    box package carton
    branch location office site
    break outage failure downtime
    budget spending allowance
    bug defect issue fault error problem
    building property house premises
    business company firm organization enterprise corporation
    calendar diary agenda schedule
    car vehicle automobile auto van truck
    card badge
    certificate certification diploma
    chat conversation message channel slack
    child kid
    claim complaint grievance
    class course lesson training lecture
    client customer consumer buyer shopper guest patron
    code source program script
    colleague coworker teammate colleagues
    comment remark note feedback
    complaint grievance dissatisfaction
    computer machine laptop pc host server
    contact address person
    container pod docker
    cost price fee charge expense rate
    country nation state
    coupon voucher discount promo
    crash failure outage incident
    currency money exchange dollars euros
    data information figures numbers records
    database db table
    date day time when
    debt owed arrears liability
    delay late overdue
    delivery shipment parcel package consignment shipping freight
    department team division unit
    deposit prepayment
    destination target place
    developer engineer programmer
    device gadget hardware
    diagnosis finding
    doctor physician clinician practitioner
    document file paper doc paperwork
    donation gift contribution
    draft outline
    drawing sketch picture
    driver chauffeur
    drug medicine medication prescription pharmaceutical
    earnings revenue income turnover sales proceeds
    email mail inbox message
    employee staff worker personnel colleague
    environment stage
    error mistake fault failure exception
    event occasion conference gathering happening
    exam test assessment quiz
    expense spending cost outlay
    factory plant
    fault defect malfunction
    feedback review rating opinion testimonial
    flat apartment property home
    folder directory
    food meal dish
    form questionnaire
    funds money cash
    grade mark score
    group team
    guest visitor attendee participant
    health wellness medical
    holiday vacation leave trip
    home house property
    hotel accommodation room lodging
    hour time
    image picture photo photograph illustration
    income salary earnings
    incident outage emergency
    insurance policy cover coverage
    interview conversation
    inventory stock warehouse supplies
    investment portfolio holding shares
    item product article good goods
    job position vacancy opening role task
    journey trip travel
    key secret credential
    language tongue
    laptop notebook computer
    law legal
    lawyer attorney counsel
    lead prospect opportunity
    lecture talk presentation
    letter mail correspondence
    library collection
    license permit
    list roster register
    location place position where whereabouts gps
    machine equipment
    mailing newsletter
    manager boss supervisor head
    manual guide instructions handbook
    map route directions
    market bazaar
    measurement reading metric
    meeting call conference session
    member subscriber
    memo note
    money cash funds payment
    movie film video clip
    music song track tune
    name title
    network connection
    news headlines press
    newspaper press
    notice notification
    offer quote proposal quotation estimate bid
    opinion review sentiment feeling mood
    package parcel
    page website site web
    parent guardian
    password credential passphrase login
    patient case
    payment transaction transfer
    payroll wages salary pay salaries
    people staff persons users
    permission access right rights role privilege
    person individual human
    phone mobile telephone sms
    picture image photo
    pipeline workflow build
    playlist tracks
    police law
    post mail
    presentation slides deck slideshow powerpoint
    price rate tariff cost
    priority urgency
    problem issue trouble ticket
    procedure process workflow
    product article item goods sku
    project initiative
    promotion campaign discount
    proof evidence receipt
    protocol minutes
    pupil student learner
    purchase order
    queue line backlog
    receipt proof slip
    recipe dish cooking
    record entry row
    reference citation source
    rent lease tenancy
    repository repo git
    request ticket demand
    restaurant dining table
    route path directions itinerary
    salary pay wage compensation
    sample specimen
    schedule timetable calendar roster rota
    school academy
    screen display monitor
    security safety
    sensor probe
    sentiment mood tone feeling emotion attitude
    server host machine
    shop store
    shipment parcel freight consignment delivery package cargo
    sickness illness disease
    site website
    slot opening
    snapshot backup
    song track
    space room
    speech voice talk
    spreadsheet excel sheet workbook table csv
    staff employees personnel workforce
    statement bank
    stock inventory
    stock share equity
    storage disk drive
    subscriber member
    subscription plan membership
    supplier vendor provider seller
    support help assistance
    survey questionnaire poll
    table grid spreadsheet
    task todo job chore
    tax vat duty
    teacher instructor tutor professor
    team crew squad
    temperature heat weather climate warm cold
    tenant renter lodger
    text message sms
    ticket case issue incident
    time hour clock
    tool utility
    tour trip
    traffic visits congestion
    training course education
    translation language
    transport transportation freight
    trend development
    trip journey travel itinerary
    user account member
    vehicle car fleet
    video movie clip footage
    vulnerability weakness exploit security
    wage salary
    warehouse depot storage
    weather forecast rain temperature
    website site page homepage web online internet
    week days
    worker employee
    workshop training
    """.splitlines()
    if line.strip()
)
"""Each a line of words. Inflections are the business of whoever looks them up."""
